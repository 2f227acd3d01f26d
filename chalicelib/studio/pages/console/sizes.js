/** Sizes of a product: a name, the print's pixels, and the variant that shoppers buy. */
const DPI = 300;
const PRINT_FORMATS = [["image/jpeg", "JPEG: small files, the usual choice"], ["image/png", "PNG: large files without loss"]];
const INCHES = (px) => (px / DPI).toFixed(1).replace(/\.0$/, "");
studio.inches = ({ width_px: width, height_px: height }) => `${width} × ${height} px, ${INCHES(width)} × ${INCHES(height)} in at ${DPI} dpi`;

studio.sizes = (product, sizes, again) => {
  const edit = (size) => () => sizeDialog(product, size, again);
  const remove = (size) => studio.act(async () => {
    if (!(await kit.confirm(`Remove “${size.name}”?`, "Shoppers cannot choose it any more. Prints that were ordered are still made.", "Remove"))) return;
    await studio.call("DELETE", `products/${product.uuid}/sizes/${size.uuid}`);
    again();
  });
  return kit.h("section", { class: "card stack", "aria-label": "Sizes" },
    kit.h("div", { class: "row apart" }, kit.h("h2", null, "Sizes"), kit.button("Add a size", edit(null), sizes.length ? "" : "primary")),
    sizes.length ? kit.list(sizes.map((size) => [kit.h("div", { class: "main" }, kit.h("h3", { dir: "auto" }, size.name), kit.h("p", { class: "soft" }, studio.inches(size) + (size.print_format === "image/png" ? ", PNG" : "")),
      size.shopify_variant_id ? kit.badge("Variant " + studio.number(size.shopify_variant_id)) : kit.badge("No variant: cannot be bought", "warn")),
    kit.h("div", { class: "row" }, kit.button("Edit", edit(size), "", { "aria-label": "Edit " + size.name }),
      kit.button("Remove", remove(size), "danger", { "aria-label": "Remove " + size.name }))]))
      : kit.h("p", { class: "soft" }, "Shoppers need at least one size with a variant."));
};

function sizeDialog(product, size, again) {
  kit.dialog(size ? "Edit the size" : "Add a size", (close) => kit.form({
    label: "Size",
    fields: [
      kit.field({ name: "name", label: "Name", hint: "As shoppers see it, for example 8 × 10 in.", required: true, maxlength: 255, value: size?.name }),
      kit.h("div", { class: "columns" },
        kit.field({ name: "width_px", label: "Width in px", type: "number", min: 1, max: 12000, step: 1, required: true, value: size?.width_px ?? 2400 }),
        kit.field({ name: "height_px", label: "Height in px", type: "number", min: 1, max: 12000, step: 1, required: true, value: size?.height_px ?? 3000 })),
      kit.h("p", { class: "soft" }, `${DPI} px make an inch. At most 12,000 px a side and 60 million in all.`),
      kit.field({ name: "print_format", label: "Print file", tag: "select", options: PRINT_FORMATS, value: size?.print_format || "image/jpeg" }),
      studio.variantField(product, size?.shopify_variant_id),
    ],
    cancel: close,
    reload: () => { close(); again(); },
    save: async (values) => {
      const body = { ...values, shopify_variant_id: values.shopify_variant_id || null };
      const path = `products/${product.uuid}/sizes`;
      if (size) await studio.call("PUT", `${path}/${size.uuid}`, { body, etag: studio.tag(size) });
      else await studio.call("POST", path, { body, key: true });
      close();
      kit.toast("The size was saved.");
      again();
    },
  }));
}

/** A field whose value is a variant of the product, chosen by App Bridge. */
studio.variantField = (product, variant) => {
  const shown = (id, title) => (id ? `Variant ${studio.number(id)}${title ? ": " + title : ""}` : "None chosen");
  const value = kit.h("input", { type: "hidden", name: "shopify_variant_id", value: variant || "" });
  const text = kit.h("span", { dir: "auto" }, shown(variant));
  value.id = kit.id("variant");
  const choose = kit.button("Choose a variant", studio.act(async () => {
    const [picked] = await studio.pick({ type: "variant", multiple: false, filter: { query: "product_id:" + product.shopify_product_id } });
    if (!picked) return;
    value.value = picked.id;
    text.textContent = shown(picked.id, picked.displayName || picked.title);
    document.getElementById(value.id + "-error").textContent = "";
  }));
  return kit.h("div", { class: "field", role: "group", "aria-label": "Variant" }, kit.h("span", null, kit.h("strong", null, "Variant that shoppers buy")),
    kit.h("div", { class: "row" }, text, choose), value, kit.h("p", { class: "error", id: value.id + "-error", role: "alert" }));
};
