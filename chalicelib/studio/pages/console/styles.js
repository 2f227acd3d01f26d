/** Styles: what a photo becomes, with an example for shoppers and a trial on a sample photo. */
const PRESETS = [
  ["Pencil", "pencil", "A hand-drawn pencil portrait of the subject in the photo, fine graphite lines on white paper. {text}"],
  ["Watercolour", "watercolour", "A loose watercolour painting of the subject in the photo, pale washes on rough paper. {text}"],
  ["Oil", "oil", "An oil painting of the subject in the photo, visible brush strokes and warm light. {text}"],
  ["Comic", "comic", "A comic drawing of the subject in the photo, bold outlines and flat colours. {text}"],
  ["Pop art", "pop-art", "A pop-art screen print of the subject in the photo, four bright colours. {text}"],
  ["Vintage", "vintage", "A faded photograph of the 1970s of the subject in the photo. {text}"],
];

studio.styles = (panel, id) => {
  if (id === "new") {
    panel.replaceChildren(styleForm(null));
    return panel.querySelector("h2").focus();
  }
  if (id) return kit.load(panel, () => readStyle(id), showStyle);
  return kit.load(panel, () => studio.all("styles"), showStyles);
};

function showStyles(styles) {
  const create = () => kit.button("Create a style", () => studio.go("styles/new"), "primary");
  if (!styles.length) return kit.empty("No styles yet", "A style says what the photo becomes: a pencil drawing, an oil painting, a comic.", create());
  const renew = (style) => async () => (await studio.read("styles/" + style.uuid)).example_url;
  return kit.h("div", { class: "stack" }, kit.h("div", { class: "row apart" }, kit.h("h2", null, "Styles"), create()),
    kit.list(styles.map((style) => [kit.h("div", { class: "thumb" }, kit.picture(style.example_url, "", renew(style))),
      kit.h("div", { class: "main" }, kit.h("h3", { dir: "auto" }, style.name), kit.h("p", { class: "soft" }, `${style.usage_count} previews`)),
      kit.button("Edit", () => studio.go("styles/" + style.uuid), "", { "aria-label": "Edit " + style.name })])));
}

async function readStyle(id) {
  const [style, products] = await Promise.all([studio.read("styles/" + id), studio.all("products")]);
  return { style, products };
}

function showStyle({ style, products }) {
  const remove = studio.act(async () => {
    if (!(await kit.confirm(`Remove “${style.name}”?`, "Shoppers cannot choose it any more. Pictures that were made stay.", "Remove"))) return;
    await studio.call("DELETE", "styles/" + style.uuid);
    studio.go("styles");
  });
  return kit.h("div", { class: "stack" }, styleForm(style), exampleForm(style), trial(style, products),
    kit.h("div", null, kit.button("Remove the style", remove, "danger")));
}

const lines = (parameters) => Object.entries(parameters || {}).map(([name, value]) => `${name}=${value}`).join("\n");
const DECIMAL = /^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/; // "007", "1e3" and long numbers stay texts
const toValue = (text) => (text === "true" ? true : text === "false" ? false : DECIMAL.test(text) ? Number(text) : text);

/** Return the parameters in the text, one a line. A parameter of `before` that was not edited keeps its type. */
const toParameters = (text, before) => {
  if (text === lines(before)) return before || {};
  const same = ([name, value]) => Object.hasOwn(before || {}, name) && String(before[name]).trim() === value;
  return Object.fromEntries(text.split("\n").map((line) => line.split(/=(.*)/s).map((part) => part.trim())).filter(([name, value]) => name && value !== undefined)
    .map((entry) => [entry[0], same(entry) ? before[entry[0]] : toValue(entry[1])]));
};

/** Offer a new style on the products; return the products on which that failed, with the reason. */
async function offerEverywhere(style, products) {
  const failed = [];
  let ended = null; // without connection or session, the other products would fail, too
  for (const product of products) {
    try {
      if (ended) throw ended;
      await studio.call("PUT", `products/${product.uuid}/styles/${style.uuid}`, { body: { is_enabled: true } });
    } catch (error) {
      if (!(error instanceof kit.Problem)) throw error;
      if (["Offline", "SessionExpired"].includes(error.code)) ended = error;
      failed.push([product, error]);
    }
  }
  return failed;
}

const sayNotOffered = (failed) => kit.dialog("The style is not offered everywhere", (close) => [
  kit.h("p", null, "It was created. These products do not offer it yet; you can offer it on their pages:"),
  kit.h("ul", null, failed.map(([product, error]) => kit.h("li", { dir: "auto" }, `${product.title}: ${error.message}`))),
  kit.h("div", { class: "row" }, kit.button("Close", close))]);

function styleForm(style) {
  const name = kit.field({ name: "name", label: "Name", hint: "As shoppers see it.", required: true, maxlength: 255, value: style?.name });
  const prompt = kit.field({ name: "prompt_template", label: "Prompt", tag: "textarea", required: true, value: style?.prompt_template,
    hint: "What the image model is asked for. {style}, {product} and {text} stand for the style's name, the product's title and the shopper's words." });
  const parameters = kit.field({ name: "parameters", label: "Parameters of the image model", tag: "textarea", value: lines(style?.parameters),
    hint: studio.local_styles.length ? `One per line. The local model knows style=${studio.local_styles.join(", ")}.` : "One per line, for example strength=0.6. Leave it empty if in doubt." });
  const fill = ([title, key, text]) => {
    name.querySelector("input").value = title;
    prompt.querySelector("textarea").value = text;
    parameters.querySelector("textarea").value = studio.local_styles.includes(key) ? "style=" + key : "";
  };
  const presets = kit.h("div", { class: "stack tight", role: "group", "aria-label": "Start from" }, kit.h("strong", null, "Start from"),
    kit.h("div", { class: "row" }, PRESETS.map((preset) => kit.button(preset[0], () => fill(preset)))));
  const everywhere = kit.field({ name: "everywhere", type: "checkbox", value: true, label: "Offer it on all my products" });
  const form = kit.form({
    label: "Style",
    submit: style ? "Save" : "Create the style",
    fields: style ? [name, prompt, parameters] : [presets, name, prompt, parameters, everywhere],
    cancel: () => studio.go("styles"),
    reload: () => studio.go("styles/" + style.uuid),
    save: async ({ everywhere: offered, ...values }) => {
      const body = { ...values, parameters: toParameters(values.parameters, style?.parameters) };
      if (style) {
        const { data } = await studio.call("PUT", "styles/" + style.uuid, { body, etag: studio.tag(style) });
        Object.assign(style, data);
        return kit.toast("The style was saved.");
      }
      const products = offered ? await studio.all("products") : []; // first: once the style exists, nothing may ask to create it again
      const { data } = await studio.call("POST", "styles", { body, key: true });
      const failed = await offerEverywhere(data, products);
      studio.go("styles/" + data.uuid);
      return failed.length ? sayNotOffered(failed) : kit.toast("The style was created. Try it below.");
    },
  });
  return kit.h("div", { class: "stack" }, kit.h("p", null, studio.back("Styles", "styles")), studio.heading(style ? style.name : "A new style"), kit.h("div", { class: "card" }, form));
}

function exampleForm(style) {
  const picture = kit.h("div", null, kit.picture(style.example_url, "No example yet"));
  studio.setExample = async (file) => { // the trial below uses it, too
    const { data } = await studio.call("PUT", `styles/${style.uuid}/example`, { body: { image: await studio.base64(file, { longest: 640 }) } });
    Object.assign(style, data);
    picture.replaceChildren(kit.picture(data.example_url, "The example"));
    kit.toast("Shoppers see this example now.");
  };
  return kit.h("section", { class: "card stack", "aria-label": "Example picture" }, kit.h("h2", null, "Example picture"), kit.h("div", { class: "split" }, picture,
    kit.form({ label: "Example picture", submit: "Use this picture",
      fields: kit.field({ name: "image", label: "Picture", type: "file", required: true, accept: "image/png,image/jpeg,image/webp", hint: "It shows shoppers what the style does." }),
      save: ({ image }) => studio.setExample(image) })));
}

function trial(style, products) {
  const place = kit.h("div", { class: "stack", "aria-live": "polite" });
  const run = async ({ product_id, text }) => {
    place.replaceChildren(kit.loading("The picture is being made."));
    try {
      const { data } = await studio.call("POST", `styles/${style.uuid}/trials`, { body: { product_id, text }, key: true });
      const result = await studio.finished(data.id);
      const use = studio.act(async () => studio.setExample(await (await fetch(result.preview_url)).blob()));
      place.replaceChildren(kit.h("img", { class: "large", src: result.preview_url, alt: "The sample photo in this style" }),
        kit.h("div", { class: "row" }, kit.button("Use it as the example", use)));
    } catch (error) {
      place.replaceChildren();
      throw error;
    }
  };
  return kit.h("section", { class: "card stack", "aria-label": "Trial" }, kit.h("h2", null, "Try it on a sample photo"), products.length ? kit.form({ label: "Trial", submit: "Try it",
    fields: [kit.h("p", { class: "soft" }, "A trial uses one of this month's images. Save your changes first."),
      kit.field({ name: "product_id", label: "Product", tag: "select", options: products.map((each) => [each.uuid, each.title]) }),
      kit.field({ name: "text", label: "A shopper's words", maxlength: 200 })], save: run })
    : kit.h("p", { class: "soft" }, "Choose a product first."), place);
}

/** Wait for a generation to end; throws what went wrong with it. */
studio.finished = async (id) => {
  for (let n = 0; n < 90; n++) {
    const read = await studio.read("generations/" + id);
    if (read.status === "completed") return read;
    if (read.status === "failed") throw new kit.Problem("", read.error_message || "The picture could not be made.");
    await kit.pause(Math.min(0.1 * 1.4 ** n, 4));
  }
  throw new kit.Problem("", "This takes longer than usual. You will find the picture among the images.");
};
