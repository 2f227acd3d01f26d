// Discounts of SKUs and variants, as the merchant configured them in Backroom.
//
// chalicelib/discounts/domain/evaluation.py has the same rules in Python; tests/discounts/domain/test_function.py proves
// that both give equal results. Change both together.
//
// Shopify stops a run after 11 million instructions, and reading and writing the JSON of 100 lines takes 8 to 13 million
// of them. So the loop over the lines allocates only what it returns, and calculates with integers below LIMIT, which a
// number holds exactly: BigInt and Set cost three times as much.

const LIMIT = 1e15;
const ZERO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND";
const DECIMAL = /^\d+(?:\.\d+)?$/;
const ONE = /^0*1(?:\.0*)?$/;
const FIVE = "5".charCodeAt(0);
const MOST_THOUSANDTHS = 9e8;
const LIMB = 1e7;
const LIMB_DIGITS = 7;
const OUTPUT_BYTES = 20000;
const BYTES_PER_LINE = OUTPUT_BYTES / 200;
const RESULT_BYTES = '{"operations":[{"productDiscountsAdd":{"candidates":[],"selectionStrategy":"ALL"}}]}'.length;
const AMOUNT_BYTES = '{"targets":[],"value":{"fixedAmount":{"amount":"","appliesToEachItem":true}}},'.length;
const PERCENTAGE_BYTES = '{"targets":[],"value":{"percentage":{"value":""}}},'.length;
const TARGET_BYTES = '{"cartLine":{"id":""}},'.length;
const hasOwn = Object.prototype.hasOwnProperty;

/** Return Shopify's result for a cart; no operations if nothing matches or the metafield is not readable. */
export function cartLinesDiscountsGenerateRun(input) {
  const configuration = readConfiguration(input.discount);
  const lines = input.cart.lines;
  if (configuration === null || lines.length === 0) return { operations: [] };
  const money = moneyOf(lines[0].cost.amountPerQuantity.currencyCode, input.presentmentCurrencyRate);
  const matched = matchLines(lines, configuration, wholeValue(configuration, input.cart.attribute, money), money);
  if (matched.units < configuration.minimum) return { operations: [] };
  const limit = Math.max(OUTPUT_BYTES, BYTES_PER_LINE * lines.length);
  const candidates = matched.bytes > limit ? largestSavings(lines, matched.candidates, limit, money) : matched.candidates;
  if (candidates.length === 0) return { operations: [] };
  return { operations: [{ productDiscountsAdd: { candidates: candidates, selectionStrategy: "ALL" } }] };
}

// --- configuration

/** Return the metafield with all of its parts, or null if it is not readable or the discount is not one of products. */
function readConfiguration(discount) {
  const stored = discount.metafield ? discount.metafield.jsonValue : null;
  if (!isMap(stored) || stored.v !== 1 || discount.discountClasses.indexOf("PRODUCT") < 0) return null;
  return {
    value: [stored.type, stored.value],
    minimum: Number.isInteger(stored.minimum) ? stored.minimum : 1,
    skus: isMap(stored.skus) ? stored.skus : {},
    variants: isMap(stored.variants) ? stored.variants : {},
    test: isMap(stored.test) ? stored.test : {},
  };
}

function isMap(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Return the discount's value, or the value `b` of its test if the cart is marked for it. */
function wholeValue(configuration, attribute, money) {
  const test = configuration.test;
  const mark = attribute ? attribute.value : null;
  const isMarked = typeof mark === "string" && typeof test.id === "string" && mark.startsWith(test.id + ".b.");
  return isMarked && readValue(test.b, money) >= 0 ? test.b : configuration.value;
}

/**
 * Return the number of `[type, value]`: hundredths of a percent, or minor units of the cart's currency.
 * Return -1 if it is not readable; Infinity if it is not below LIMIT.
 */
function readValue(entry, money) {
  if (!Array.isArray(entry) || typeof entry[1] !== "string" || !DECIMAL.test(entry[1])) return -1;
  const type = entry[0];
  if (type === "fixed_price" || type === "fixed_amount") {
    return money.isOne ? minorUnits(entry[1], money) : converted(entry[1], money);
  }
  return type === "percentage" ? readPercentage(entry[1]) : -1;
}

/** Return hundredths of a percent, above 0 and at most 10,000; -1 for other numbers and more than two decimals. */
function readPercentage(text) {
  const hundredths = Math.floor(+text * 100 + 0.5);
  const isExact = text.length <= 15 && hundredths / 100 === +text;
  return isExact && hundredths > 0 && hundredths <= 10000 ? hundredths : -1;
}

// --- lines

/** Return the candidates of all lines, in line order, the units of the lines that match, and the bytes of the result. */
function matchLines(lines, configuration, whole, money) {
  const skus = configuration.skus;
  const variants = configuration.variants;
  const hasVariants = Object.keys(variants).length > 0;
  const wholeNumber = readValue(whole, money);
  const percentages = Object.create(null);
  const amounts = Object.create(null);
  const candidates = [];
  let units = 0;
  let bytes = RESULT_BYTES;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    const merchandise = line.merchandise;
    if (merchandise.__typename !== "ProductVariant") continue;

    const bySku = merchandise.sku && hasOwn.call(skus, merchandise.sku) ? skus[merchandise.sku] : 0;
    const byVariant = hasVariants ? entryOf(variants, merchandise.id) : 0;
    let value = byVariant;
    let number = value === 0 || value === 1 ? -1 : readValue(value, money);
    if (number < 0 && bySku !== 0 && bySku !== 1) {
      value = bySku;
      number = readValue(value, money);
    }
    if (number < 0 && (bySku === 1 || byVariant === 1)) {
      value = whole;
      number = wholeNumber;
    }
    if (number < 0) continue;
    units += line.quantity;

    let known = percentages;
    if (value[0] !== "percentage") {
      const price = minorUnits(line.cost.amountPerQuantity.amount, money);
      number = value[0] === "fixed_price" ? price - number : number < price ? number : price;
      if (!(number > 0 && price < LIMIT)) continue;
      known = amounts;
    }
    let targets = known[number];
    if (targets === undefined) {
      const text = known === amounts ? (number / money.scale).toFixed(money.exponent) : value[1];
      targets = known[number] = [];
      candidates.push({ targets: targets, value: known === amounts ? amountOff(text) : { percentage: { value: text } } });
      bytes += (known === amounts ? AMOUNT_BYTES : PERCENTAGE_BYTES) + text.length;
    }
    targets.push({ cartLine: { id: line.id } });
    bytes += TARGET_BYTES + line.id.length;
  }
  return { candidates: candidates, units: units, bytes: bytes };
}

/** Return the entry of a variant, whose key is the number at the end of its GID; 0 if there is none. */
function entryOf(variants, id) {
  const number = id.slice(id.lastIndexOf("/") + 1);
  return hasOwn.call(variants, number) ? variants[number] : 0;
}

function amountOff(text) {
  return { fixedAmount: { amount: text, appliesToEachItem: true } };
}

// --- the size of the output

/** Return the candidates with the lines of the largest savings that fit into `limit` bytes, ties by line. */
function largestSavings(lines, candidates, limit, money) {
  const of = Object.create(null);
  for (const candidate of candidates) for (const target of candidate.targets) of[target.cartLine.id] = candidate;
  const chosen = lines.filter((line) => of[line.id] !== undefined);
  const savings = chosen.map((line) => savingOf(line, of[line.id].value, money));
  const order = chosen.map((_, index) => index).sort((a, b) => savings[b] - savings[a] || a - b);
  const kept = Object.create(null);
  const begun = [];
  let bytes = RESULT_BYTES;
  for (const index of order) {
    const id = chosen[index].id;
    const isNew = begun.indexOf(of[id]) < 0;
    const more = TARGET_BYTES + id.length + (isNew ? candidateBytes(of[id].value) : 0);
    if (bytes + more > limit) continue;
    bytes += more;
    kept[id] = true;
    if (isNew) begun.push(of[id]);
  }
  for (const candidate of candidates) candidate.targets = candidate.targets.filter((target) => kept[target.cartLine.id]);
  return candidates.filter((candidate) => candidate.targets.length > 0);
}

function candidateBytes(value) {
  return value.fixedAmount
    ? AMOUNT_BYTES + value.fixedAmount.amount.length
    : PERCENTAGE_BYTES + value.percentage.value.length;
}

/** Return what the whole line saves in minor units, half up; savings above the largest exact number count as equal. */
function savingOf(line, value, money) {
  const most = Number.MAX_SAFE_INTEGER;
  if (value.fixedAmount) return Math.min(minorUnits(value.fixedAmount.amount, money) * line.quantity, most);
  const total = minorUnits(line.cost.amountPerQuantity.amount, money) * line.quantity;
  if (total > most) return most;
  const hundredths = readPercentage(value.percentage.value);
  const rest = total % 10000;
  return ((total - rest) / 10000) * hundredths + Math.floor((rest * hundredths + 5000) / 10000);
}

// --- decimals

/**
 * Return the decimals of the cart's currency and its rate.
 *
 * `high` and `low` are the digits of a rate that is not too long, for a quick exact product of a value in thousandths:
 * (high * LIMB + low) * thousandths / (divisor * LIMB) are minor units.
 */
function moneyOf(currency, rate) {
  const exponent = ZERO_DECIMALS.indexOf(currency) >= 0 ? 0 : THREE_DECIMALS.indexOf(currency) >= 0 ? 3 : 2;
  const isReadable = typeof rate === "string" && DECIMAL.test(rate) && +digitsOf(rate) > 0;
  const padding = isReadable ? "0".repeat(Math.max(0, LIMB_DIGITS + exponent - 3 - decimalsOf(rate))) : "";
  const power = isReadable ? decimalsOf(rate) + padding.length + 3 - exponent : 0;
  const digits = isReadable ? +(digitsOf(rate) + padding) : 0;
  return {
    exponent: exponent,
    scale: Math.pow(10, exponent),
    rate: isReadable ? rate : null,
    isOne: isReadable && ONE.test(rate),
    isShort: isReadable && digits <= Number.MAX_SAFE_INTEGER && power <= 15,
    high: Math.floor(digits / LIMB),
    low: digits % LIMB,
    divisor: Math.pow(10, power - LIMB_DIGITS),
  };
}

/**
 * Return a decimal in minor units, half up; Infinity if they are not below LIMIT.
 *
 * Below LIMIT the product of the doubles is off by less than 0.23, so only a fraction near one half needs the digits.
 */
function minorUnits(text, money) {
  const product = +text * money.scale;
  if (!(product < LIMIT)) return Infinity;
  const units = Math.floor(product + 0.5);
  const off = product - units;
  return off < 0.25 && off > -0.25 ? units : halfUp(digitsOf(text), decimalsOf(text) - money.exponent);
}

/** Return shop money in minor units of the cart's currency, half up; -1 if the cart has no readable rate. */
function converted(text, money) {
  if (money.rate === null) return -1;
  const thousandths = Math.floor(+text * 1000 + 0.5);
  if (money.isShort && thousandths < MOST_THOUSANDTHS && text.length <= 15 && thousandths / 1000 === +text) {
    const low = thousandths * money.low;
    const high = thousandths * money.high + Math.floor(low / LIMB);
    const rest = (high % money.divisor) * LIMB + (low % LIMB);
    if (high < LIMIT) return Math.floor(high / money.divisor) + (rest * 2 >= money.divisor * LIMB ? 1 : 0);
  }
  const cut = decimalsOf(text) + decimalsOf(money.rate) - money.exponent;
  return halfUp(exactProduct(digitsOf(text), digitsOf(money.rate)), cut);
}

function digitsOf(text) {
  return text.replace(".", "");
}

function decimalsOf(text) {
  const point = text.indexOf(".");
  return point < 0 ? 0 : text.length - point - 1;
}

/** Return the integer `digits` divided by 10 to the power of `cut`, half up. */
function halfUp(digits, cut) {
  if (cut <= 0) return +(digits + "0".repeat(-cut));
  const end = digits.length - cut;
  return end < 0 ? 0 : +digits.slice(0, end) + (digits.charCodeAt(end) >= FIVE ? 1 : 0);
}

/** Return the digits of the product of two integers of any length. */
function exactProduct(a, b) {
  const left = limbsOf(a);
  const right = limbsOf(b);
  const sums = new Array(left.length + right.length).fill(0);
  for (let i = 0; i < left.length; i++) {
    let carry = 0;
    for (let j = 0; j < right.length; j++) {
      const sum = sums[i + j] + left[i] * right[j] + carry;
      sums[i + j] = sum % LIMB;
      carry = (sum - sums[i + j]) / LIMB;
    }
    sums[i + right.length] = carry;
  }
  return sums.reduceRight((digits, limb) => digits + String(limb).padStart(LIMB_DIGITS, "0"), "");
}

/** Return groups of seven digits as numbers, the last group first. */
function limbsOf(digits) {
  const limbs = [];
  for (let end = digits.length; end > 0; end -= LIMB_DIGITS) limbs.push(+digits.slice(Math.max(0, end - LIMB_DIGITS), end));
  return limbs;
}
