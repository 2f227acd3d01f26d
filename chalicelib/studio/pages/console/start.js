const TOGETHER = 5; // products that are read at once

/** The first tab: what is left to do in a new shop, and this month's use. */
studio.start = (panel) => kit.load(panel, readStart, ({ steps, product, usage, shop }) => {
  const left = steps.filter((step) => !step.done && !step.optional);
  const next = steps.find((step) => !step.done);
  return kit.h("div", { class: "stack" },
    shop.refused_topics.length > 0 && kit.banner(`Shopify does not report these changes to us: ${shop.refused_topics.map(({ topic }) => topic).join(", ")}. Prints of orders may be missing until it does. Please contact us.`, "warn"),
    kit.h("section", { class: "card stack", "aria-label": "First steps" },
      kit.h("h2", null, left.length ? "Set up your studio" : "Your studio is ready"),
      kit.h("p", { class: "soft" }, left.length ? `${left.length} of ${steps.length - 1} steps are left. Shoppers see nothing until they are done.`
        : "Shoppers can turn a photo into a picture on your products."),
      kit.h("ol", { class: "steps" }, steps.map((step, n) => kit.h("li", { class: step.done ? "done" : "" },
        kit.h("span", { class: "tick", "aria-hidden": "true" }, step.done ? "✓" : String(n + 1)),
        kit.h("div", null, kit.h("h3", null, step.title, kit.h("span", { class: "unseen" }, step.done ? ", done" : ", not done yet")), kit.h("p", { class: "soft" }, step.text)),
        kit.h("div", { class: "row" }, kit.button(step.verb, step.open, step === next ? "primary" : "")))))),
    product && !left.length && kit.h("section", { class: "card stack", "aria-label": "Your shop" }, kit.h("h2", null, "See it as a shopper"),
      kit.h("p", { dir: "auto" }, product.title), kit.h("a", { class: "button", href: studio.preview(product), target: "_blank", rel: "noopener" }, "Open in your shop")),
    kit.h("section", { class: "card stack tight", "aria-label": "This month" }, kit.h("h2", null, "This month"),
      kit.h("p", null, `${usage.quota.current_generations} of ${usage.quota.monthly_generation_limit} images are used. `,
        kit.sparkline({ title: "Previews in 30 days", values: usage.days.map((day) => day.generations) })),
      kit.h("p", null, kit.button("See the usage", () => studio.go("usage"), "bare"))));
});

/** Read what the steps need. All steps are about one product: a complete one, or else the one that lacks least. */
async function readStart() {
  const [products, styles, mark, usage, shop] = await Promise.all([studio.all("products"), studio.all("styles"), studio.watermark(), studio.read("usage"), studio.shop()]);
  const enabled = products.filter((each) => each.is_enabled);
  const { product, isSized, isOffering } = await nearestProduct(enabled, styles);
  const about = product && enabled.length > 1 ? ` This is about “${product.title}”.` : "";
  const open = () => studio.go(product ? "products/" + product.uuid : "products");
  return { usage, product, shop, steps: [
    { title: "Choose products", text: "The products of your shop that shoppers can make from a photo.", verb: "Choose products", done: enabled.length > 0,
      open: products.length ? () => studio.go("products") : studio.act(studio.chooseProducts) },
    { title: "Add a size", text: "How large a product is printed, and which variant of it shoppers buy." + about, verb: "Add a size", done: isSized, open },
    { title: "Create a style", text: "What the photo becomes: a pencil drawing, an oil painting, a comic.", verb: "Create a style", done: styles.length > 0,
      open: () => studio.go(styles.length ? "styles" : "styles/new") },
    { title: "Offer the style on a product", text: "Each product has styles of its own." + about, verb: "Offer styles", done: isOffering, open },
    { title: "Protect previews with a watermark", text: "Prints never have it. You can do this later.", verb: "Set a watermark", done: Boolean(mark), optional: true,
      open: () => studio.go("watermark") },
  ] };
}

/** Return the first complete product; if there is none, the first of those with the most steps done. */
async function nearestProduct(products, styles) {
  const most = styles.length ? 2 : 1;
  const steps = ({ isSized, isOffering }) => isSized + isOffering;
  let nearest = { product: products[0], isSized: false, isOffering: false };
  for (let at = 0; at < products.length && steps(nearest) < most; at += TOGETHER) {
    for (const each of await Promise.all(products.slice(at, at + TOGETHER).map((product) => readSteps(product, styles)))) {
      if (steps(each) > steps(nearest)) nearest = each;
    }
  }
  return nearest;
}

/** Return which steps are done for the product. A removed style is not offered, though the product still has it. */
async function readSteps(product, styles) {
  const [sizes, offered] = await Promise.all([studio.all(`products/${product.uuid}/sizes`), styles.length ? studio.all(`products/${product.uuid}/styles`) : []]);
  return { product, isSized: sizes.some((size) => size.shopify_variant_id),
    isOffering: offered.some((each) => each.is_enabled && styles.some((style) => style.uuid === each.ai_style_id)) };
}
