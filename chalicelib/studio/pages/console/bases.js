/** Print bases: what a product is printed on, its variants with their print sizes, and which Shopify variant gets which. */
studio.bases = (product) => {
  const place = kit.h("div", { class: "stack" });
  const again = () => kit.load(place, () => readBases(product), (read) => showBases(product, read, again));
  const details = kit.h("details", { class: "card", ontoggle: () => details.open && !place.hasChildNodes() && again() },
    kit.h("summary", null, kit.h("strong", null, "Print bases")),
    kit.h("p", { class: "soft" }, "Only for products on several materials, for example paper and canvas. A variant that is assigned here is printed at the size given here."), place);
  return details;
};

async function readBases(product) {
  const [bases, mappings] = await Promise.all([studio.all("bases"), studio.all(`products/${product.uuid}/mappings`)]);
  const variants = await Promise.all(bases.map(async (base) => (await studio.all(`bases/${base.uuid}/variants`)).map((each) => ({ ...each, base }))));
  return { bases, mappings, variants: variants.flat() };
}

function showBases(product, { bases, mappings, variants }, again) {
  const named = (id) => variants.find((each) => each.uuid === id);
  const title = (variant) => (variant ? `${variant.base.name}, ${variant.name}` : "Removed");
  const remove = (mapping) => studio.act(async () => {
    const { product_base_variant_id, shopify_variant_id } = mapping;
    await studio.call("PUT", `products/${product.uuid}/mappings`, { body: { product_base_variant_id, shopify_variant_id, is_active: false } });
    again();
  });
  return [
    kit.h("div", { class: "row" }, kit.button("Add a base", () => baseDialog(again)), bases.length > 0 && kit.button("Add a print size", () => printSizeDialog(bases, again)),
      variants.length > 0 && kit.button("Assign a variant", () => mappingDialog(product, variants, title, again))),
    ...bases.map((base) => kit.table(base.name, [["Print size", (row) => row.name], ["Pixels", studio.inches]], variants.filter((each) => each.base === base))),
    mappings.length > 0 && kit.table("Assigned variants", [["Shopify variant", (row) => studio.number(row.shopify_variant_id)],
      ["Printed on", (row) => title(named(row.product_base_variant_id))],
      ["", (row) => kit.button("Remove", remove(row), "danger", { "aria-label": "Remove variant " + studio.number(row.shopify_variant_id) })]], mappings),
  ].filter(Boolean);
}

function baseDialog(again) {
  kit.dialog("Add a base", (close) => kit.form({ label: "Base", cancel: close,
    fields: [kit.field({ name: "name", label: "Name", hint: "For example Canvas.", required: true, maxlength: 255 })],
    save: async (body) => {
      await studio.call("POST", "bases", { body, key: true });
      close();
      again();
    } }));
}

function printSizeDialog(bases, again) {
  kit.dialog("Add a print size", (close) => kit.form({ label: "Print size", cancel: close,
    fields: [kit.field({ name: "base", label: "Base", tag: "select", options: bases.map((base) => [base.uuid, base.name]) }),
      kit.field({ name: "name", label: "Name", hint: "For example A3.", required: true, maxlength: 255 }),
      kit.h("div", { class: "columns" }, kit.field({ name: "width_px", label: "Width in px", type: "number", min: 1, max: 12000, step: 1, required: true, value: 3508 }),
        kit.field({ name: "height_px", label: "Height in px", type: "number", min: 1, max: 12000, step: 1, required: true, value: 4961 }))],
    save: async ({ base, ...body }) => {
      await studio.call("POST", `bases/${base}/variants`, { body, key: true });
      close();
      again();
    } }));
}

function mappingDialog(product, variants, title, again) {
  kit.dialog("Assign a variant", (close) => kit.form({ label: "Assignment", cancel: close,
    fields: [studio.variantField(product), kit.field({ name: "print_size", label: "Printed on", tag: "select", options: variants.map((each) => [each.uuid, title(each)]) })],
    save: async ({ shopify_variant_id, print_size }) => {
      if (!shopify_variant_id) throw new kit.Problem("", "Choose a variant.", { errors: [{ path: "body.shopify_variant_id", message: "Choose a variant." }] });
      const { base } = variants.find((each) => each.uuid === print_size);
      await studio.call("PUT", `products/${product.uuid}/bases/${base.uuid}`, { body: { is_enabled: true } });
      await studio.call("PUT", `products/${product.uuid}/mappings`, { body: { product_base_variant_id: print_size, shopify_variant_id } });
      close();
      again();
    } }));
}
