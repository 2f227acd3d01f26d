/** The first tab: what is left to do in a new shop, and this month's use. */
studio.start = (panel) => kit.load(panel, readStart, ({ steps, product, usage }) => {
  const left = steps.filter((step) => !step.done && !step.optional);
  const next = steps.find((step) => !step.done);
  return kit.h("div", { class: "stack" },
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

async function readStart() {
  const [products, styles, mark, usage] = await Promise.all([studio.all("products"), studio.all("styles"), studio.watermark(), studio.read("usage")]);
  const enabled = products.filter((each) => each.is_enabled);
  const looked = await Promise.all(enabled.slice(0, 5).map(async (product) => ({ product, sizes: await studio.all(`products/${product.uuid}/sizes`),
    offered: (await studio.all(`products/${product.uuid}/styles`)).filter((each) => each.is_enabled) })));
  const sized = looked.find((each) => each.sizes.some((size) => size.shopify_variant_id));
  const ready = looked.find((each) => each.offered.length && each.sizes.some((size) => size.shopify_variant_id));
  const one = enabled[0];
  const open = (each) => () => studio.go(each ? "products/" + each.uuid : "products");
  return { usage, product: ready?.product, steps: [
    { title: "Choose products", text: "The products of your shop that shoppers can make from a photo.", verb: "Choose products", done: enabled.length > 0,
      open: one ? open() : studio.act(studio.chooseProducts) },
    { title: "Add a size", text: "How large a product is printed, and which variant of it shoppers buy.", verb: "Add a size", done: Boolean(sized), open: open(looked[0]?.product) },
    { title: "Create a style", text: "What the photo becomes: a pencil drawing, an oil painting, a comic.", verb: "Create a style", done: styles.length > 0,
      open: () => studio.go(styles.length ? "styles" : "styles/new") },
    { title: "Offer the style on a product", text: "Each product has styles of its own.", verb: "Offer styles", done: looked.some((each) => each.offered.length), open: open(sized?.product || one) },
    { title: "Protect previews with a watermark", text: "Prints never have it. You can do this later.", verb: "Set a watermark", done: Boolean(mark), optional: true,
      open: () => studio.go("watermark") },
  ] };
}
