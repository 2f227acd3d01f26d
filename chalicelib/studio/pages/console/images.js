/** Orders and generations: a gallery with filters, the details of a picture, remake, and the print as a file. */
const STATES = { pending: ["Waiting", "warn"], processing: ["In work", "warn"], completed: ["Done", "good"], failed: ["Failed", "bad"] };
const stateOf = (row) => (row.hold_reason ? ["Held", "bad"] : STATES[row.status]);
const MOST_TILES = 24;
const MOST_PAGES = 5;

studio.images = (panel, id) => {
  if (id) return kit.load(panel, () => studio.read("generations/" + id), showImage);
  return kit.load(panel, async () => ({ products: await studio.all("products"), styles: await studio.all("styles") }), showImages);
};

function showImages({ products, styles }) {
  const place = kit.h("div", { class: "stack" });
  const every = ["", "All"];
  const form = kit.h("form", { class: "card columns", "aria-label": "Filters", onsubmit: (event) => event.preventDefault() },
    kit.field({ name: "generation_type", label: "Kind", tag: "select", options: [every, ["preview", "Previews"], ["final", "Prints of orders"]] }),
    kit.field({ name: "status", label: "State", tag: "select", options: [every, ...Object.entries(STATES).map(([key, [title]]) => [key, title])] }),
    kit.field({ name: "product_id", label: "Product", tag: "select", options: [every, ...products.map((each) => [each.uuid, each.title])] }),
    kit.field({ name: "ai_style_id", label: "Style", tag: "select", options: [every, ...styles.map((each) => [each.uuid, each.name])] }),
    kit.field({ name: "order", label: "Order", inputmode: "numeric", pattern: "[0-9]{1,20}", hint: "The number at the end of the order's address in Shopify." }));
  /** Return the query of the filters; null if the order is no number, which the field says. */
  const filters = () => {
    const { order, ...rest } = kit.values(form);
    const number = order.trim();
    const isValid = /^\d{0,20}$/.test(number);
    kit.mark(form.elements.order, isValid ? "" : "This is not an order number. It has only digits, at most 20.");
    return isValid ? { ...rest, order_id: number && "gid://shopify/Order/" + number } : null;
  };
  const named = (rows, id) => rows.find((each) => each.uuid === id);
  const tile = (row) => kit.h("li", null, kit.h("button", { type: "button", class: "tile", onclick: () => studio.go("images/" + row.id) },
    kit.picture(row.thumbnail_url, row.thumbnail_url || row.status === "completed" ? "" : stateOf(row)[0], renew(row)), kit.badge(...stateOf(row)),
    kit.h("span", { dir: "auto" }, named(products, row.product_id)?.title || "A product"), kit.h("span", { class: "soft", dir: "auto" }, named(styles, row.ai_style_id)?.name || "A removed style"),
    kit.h("span", { class: "soft" }, (row.order_id ? "Print of order " + studio.number(row.order_id) : "Preview") + ", " + studio.date(row.created_at))));
  const search = () => {
    const query = filters();
    kit.load(place, async () => (query ? readTiles(query, null) : null), (first) => (first ? showTiles(query, first, tile) : []));
  };
  form.addEventListener("change", search);
  queueMicrotask(search); // the form is in the page then
  return kit.h("div", { class: "stack" }, kit.h("h2", null, "Orders and images"), form, place);
}

/** Show the first tiles, and below them a button for more; where the search stopped early, how far it looked. */
function showTiles(query, first, tile) {
  if (!first.items.length && !first.cursor) return kit.empty("No pictures here", "Previews and prints appear here as soon as shoppers make them.");
  const tiles = kit.h("ul", { class: "tiles" });
  const reach = kit.h("p", { class: "soft", role: "status" });
  let cursor;
  const more = kit.button("", studio.act(async () => show(await readTiles(query, cursor))));
  const show = ({ items, back, ...page }) => {
    cursor = page.cursor;
    tiles.append(...items.map(tile));
    const isShort = cursor && items.length < MOST_TILES;
    reach.textContent = isShort ? `${tiles.childElementCount ? "" : "Nothing yet. "}The search went back to ${studio.date(back)}.` : "";
    more.textContent = isShort ? "Look further" : "Show more";
    more.hidden = !cursor;
  };
  show(first);
  return [tiles, reach, more];
}

/** Read until there are enough tiles, at most MOST_PAGES: with several filters a page of the API may be empty before the last. */
async function readTiles(query, cursor) {
  const items = [];
  let back = null;
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const data = await studio.read("generations", { ...query, cursor, limit: MOST_TILES });
    items.push(...data.items);
    ({ next_cursor: cursor, searched_back_to: back } = data);
    if (!cursor || items.length >= MOST_TILES) break;
  }
  return { items, cursor, back };
}

const renew = (row) => async () => (await studio.read("generations/" + row.id)).thumbnail_url;

const percent = (share) => Math.round(share * 100) + " %";

/** Return why a print is held, the crop that would be printed, and the button that accepts it. */
function heldPrint(row) {
  const accept = studio.act(async () => {
    await studio.call("POST", `generations/${row.id}/remake`, { body: {}, key: true });
    kit.toast("The print is being made.");
    studio.go("images/" + row.id);
  });
  return kit.h("section", { class: "card stack", "aria-label": "Held print" }, kit.banner(row.hold_reason, "bad"),
    kit.h("p", { class: "soft" }, "If you accept, the middle of the approved picture is printed, as the frame shows. The part outside of the frame is cut off."),
    kit.button("Accept the crop and print", accept, "primary"), row.thumbnail_url && croppedPicture(row));
}

/** Return the preview that the shopper approved, with a centered frame of the print's shape. */
function croppedPicture(row) {
  const frame = kit.h("div", { class: "kept" });
  const picture = kit.h("img", { src: row.thumbnail_url, alt: "The approved preview, with a frame around what is printed", onload: () => {
    const ratio = (row.final_width / row.final_height) / (picture.naturalWidth / picture.naturalHeight);
    const [width, height] = ratio < 1 ? [ratio, 1] : [1, 1 / ratio];
    Object.assign(frame.style, { width: width * 100 + "%", height: height * 100 + "%", left: (1 - width) * 50 + "%", top: (1 - height) * 50 + "%" });
  } });
  return kit.h("div", { class: "cropped" }, picture, row.final_width && frame);
}

function showImage(row) {
  const isFinal = row.generation_type === "final";
  const facts = [
    ["Order", isFinal && studio.number(row.order_id)], ["Size", row.final_width && `${row.final_width} × ${row.final_height} px`], ["Made", studio.date(row.created_at)],
    ["Part of the photo", row.crop && `${percent(row.crop.width)} of the width, ${percent(row.crop.height)} of the height`], ["Customer", row.customer_id && studio.number(row.customer_id)], ["Image model", row.ai_model_used], ["Prompt", row.ai_prompt_used],
    ["Next attempt", row.next_attempt_at && studio.date(row.next_attempt_at)],
  ].filter(([, value]) => value);
  const remake = studio.act(async () => {
    if (!(await kit.confirm("Make the print again?", "It is made at the present size of its variant. The old file is deleted.", "Make it again"))) return;
    await studio.call("POST", `generations/${row.id}/remake`, { body: {}, key: true });
    kit.toast("The print is being made again.");
    studio.go("images/" + row.id);
  });
  return kit.h("div", { class: "stack" }, kit.h("p", null, studio.back("Orders and images", "images")),
    kit.h("div", { class: "row apart" }, studio.heading(isFinal ? "Print of order " + studio.number(row.order_id) : "Preview"), kit.badge(...stateOf(row))),
    row.hold_reason && heldPrint(row),
    row.error_message && kit.banner(row.error_message, row.status === "failed" ? "bad" : "warn"),
    kit.h("div", { class: "card stack" },
      (row.final_url || row.preview_url) && kit.h("img", { class: "large", src: row.final_url || row.preview_url, alt: row.final_url ? "The print" : "The preview" }),
      kit.h("div", { class: "row" }, row.final_download_url && kit.h("a", { class: "button primary", href: row.final_download_url }, "Download the print"),
        isFinal && ["completed", "failed"].includes(row.status) && kit.button("Make it again", remake),
        ["pending", "processing"].includes(row.status) && !row.hold_reason && kit.button("Look again", () => studio.go("images/" + row.id))),
      kit.h("dl", null, facts.flatMap(([name, value]) => [kit.h("dt", null, name), kit.h("dd", { dir: "auto" }, value)]))));
}
