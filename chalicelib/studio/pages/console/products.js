/** Products: chosen in Shopify, switched on and off, with their sizes, styles and print bases. */
studio.products = (panel, id) => (id ? kit.load(panel, () => readProduct(id), showProduct) : kit.load(panel, () => studio.all("products"), showProducts));

function showProducts(products) {
  const choose = () => kit.button("Choose products", studio.act(studio.chooseProducts), "primary");
  if (!products.length) return kit.empty("No products yet", "Choose the products of your shop that shoppers can make from a photo.", choose());
  return kit.h("div", { class: "stack" }, kit.h("div", { class: "row apart" }, kit.h("h2", null, "Products"), choose()),
    kit.list(products.map((product) => [kit.h("div", { class: "main" }, kit.h("h3", { dir: "auto" }, product.title),
      kit.badge(product.is_enabled ? "Offered" : "Not offered", product.is_enabled ? "good" : "")),
    kit.button("Set up", () => studio.go("products/" + product.uuid), "", { "aria-label": "Set up " + product.title })])));
}

studio.chooseProducts = async () => {
  const selection = await studio.pick({ type: "product", multiple: true, filter: { variants: false } });
  for (const { id, title } of selection) {
    const body = { shopify_product_id: Number(studio.number(id)), title: title.slice(0, 255) };
    const { data } = await studio.call("POST", "products", { key: true, body });
    if (!data.is_enabled) await studio.call("PUT", "products/" + data.uuid, { body: { is_enabled: true } });
  }
  if (!selection.length) return;
  kit.toast(selection.length === 1 ? "The product was added." : `${selection.length} products were added.`);
  studio.go("products");
};

async function readProduct(id) {
  const [product, sizes, offered, styles] = await Promise.all([studio.read("products/" + id), studio.all(`products/${id}/sizes`),
    studio.all(`products/${id}/styles`), studio.all("styles")]);
  return { product, sizes, offered, styles };
}

function showProduct({ product, sizes, offered, styles }) {
  const again = () => studio.go("products/" + product.uuid);
  const isOn = (style) => offered.some((each) => each.ai_style_id === style.uuid && each.is_enabled);
  const ready = product.is_enabled && sizes.some((size) => size.shopify_variant_id) && styles.some(isOn);
  const toggle = studio.act(async () => {
    await studio.call("PUT", "products/" + product.uuid, { body: { is_enabled: !product.is_enabled }, etag: studio.tag(product) });
    again();
  });
  return kit.h("div", { class: "stack" }, kit.h("p", null, studio.back("Products", "products")),
    kit.h("div", { class: "row apart" }, studio.heading(product.title), kit.badge(product.is_enabled ? "Offered" : "Not offered", product.is_enabled ? "good" : "")),
    kit.h("div", { class: "row" }, kit.button(product.is_enabled ? "Stop offering it" : "Offer it", toggle),
      ready && kit.h("a", { class: "button", href: studio.preview(product), target: "_blank", rel: "noopener" }, "See it in your shop")),
    studio.sizes(product, sizes, again),
    kit.h("section", { class: "card stack", "aria-label": "Styles" }, kit.h("h2", null, "Styles"),
      styles.length ? kit.h("div", null, styles.map((style) => offer(product, style, isOn(style))))
        : kit.empty("No styles yet", "A style says what the photo becomes.", kit.button("Create a style", () => studio.go("styles/new"), "primary"))),
    studio.bases(product));
}

/** A check box that offers a style on the product. */
function offer(product, style, isOn) {
  const field = kit.field({ name: "style-" + style.uuid, type: "checkbox", label: style.name, value: isOn });
  const input = field.querySelector("input");
  field.querySelector("span").dir = "auto";
  input.addEventListener("change", async () => {
    kit.mark(input);
    try {
      await studio.call("PUT", `products/${product.uuid}/styles/${style.uuid}`, { body: { is_enabled: input.checked, sort_order: style.sort_order } });
      kit.toast(input.checked ? "Shoppers can choose the style now." : "The style is no longer offered here.");
    } catch (error) {
      input.checked = !input.checked;
      kit.mark(input, error.message);
    }
  });
  return field;
}
