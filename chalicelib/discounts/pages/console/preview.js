/** The live preview: the cost of a cart with the discount of the form. */
const PREVIEW_SECONDS = 0.5;
const REASONS = {
  no_matching_item: "none of its items is in the cart", below_minimum_quantity: "too few units", price_not_lower: "the price is not lower",
  others_save_more: "other discounts save more", not_combinable: "does not combine with the discounts that save more", not_active: "not active now", unknown_code: "unknown code",
};

/** Return the preview and `update(form)`, which reads the form's values. `id` is the saved discount that the form changes. */
app.preview = (currency, id) => {
  const lines = kit.h("div", { class: "stack" });
  const result = kit.h("div", { role: "status", "aria-live": "polite" });
  let draft = null, turn = 0;
  const show = async () => {
    const mine = ++turn;
    await kit.pause(PREVIEW_SECONDS);
    if (mine !== turn || !draft) return;
    const cart = [...lines.children].map(readLine);
    const complete = cart.filter((line) => (line.sku || line.variant_id) && line.quantity > 0 && /^\d+(\.\d+)?$/.test(line.unit_price));
    if (!draft.skus.length || !complete.length) return result.replaceChildren(kit.h("p", { class: "soft" }, "Enter items and a price to see what a shopper pays."));
    try {
      const body = { codes: draft.discount_code ? [draft.discount_code] : [], lines: complete, draft: { ...draft, title: draft.title || "New discount", ...(id && { discount_id: id }) } };
      const { data } = await app.call("POST", "preview", { body });
      if (mine === turn) result.replaceChildren(costs(data, complete, currency));
    } catch (error) {
      if (mine === turn) result.replaceChildren(kit.banner(Object.values(error.fields || {})[0] || error.message, "warn"));
    }
  };
  const add = (sku = "", price = "") => { lines.append(cartLine(sku, price, show)); show(); };
  const update = (form) => {
    draft = app.terms(kit.values(form));
    if (!lines.children.length) add(draft.skus[0] || "", "20.00");
    else if (lines.children.length === 1 && !lines.querySelector("[name=sku]").dataset.touched) lines.querySelector("[name=sku]").value = draft.skus[0] || "";
    show();
  };
  const place = kit.h("section", { class: "card stack", "aria-label": "Preview" }, kit.h("h2", null, "Preview"),
    kit.h("p", { class: "soft" }, "An estimate: Shopify calculates the final price at checkout."), lines,
    kit.h("div", { class: "row" }, kit.button("Add a line", () => add())), result);
  return { place, update };
};

function cartLine(sku, price, show) {
  const fields = [kit.field({ name: "sku", label: "SKU", value: sku }), kit.field({ name: "quantity", label: "Units", type: "number", min: 1, max: 9999, value: 1 }),
    kit.field({ name: "unit_price", label: "Price", inputmode: "decimal", value: price })];
  const line = kit.h("div", { class: "cart-line" }, fields);
  line.addEventListener("input", (event) => { event.target.dataset.touched = "yes"; show(); });
  return line;
}

const readLine = (line) => {
  const value = (name) => line.querySelector(`[name=${name}]`).value.trim();
  const item = value("sku");
  const isVariant = item.startsWith("gid://");
  return { sku: isVariant ? null : item || null, variant_id: isVariant ? item : null, quantity: Number(value("quantity")), unit_price: value("unit_price").replace(",", ".") };
};

const costs = (data, cart, currency) => kit.h("div", { class: "stack" },
  kit.table("The cart", [["SKU", (row) => app.text(row.sku)], ["Before", (row) => app.money(row.before, currency), "number"],
    ["Off", (row) => app.money(row.amount, currency), "number"], ["After", (row) => app.money(row.after, currency), "number"]],
  data.lines.map((line, n) => ({ sku: cart[n]?.sku || cart[n]?.variant_id, ...line }))),
  kit.h("p", null, kit.h("strong", null, `Total ${app.money(data.total_after, currency)}`), ` instead of ${app.money(data.total_before, currency)}`),
  data.left_out.length > 0 && kit.h("p", { class: "soft" }, "Not applied: " + [...new Set(data.left_out.map((each) => REASONS[each.reason] || String(each.reason).replaceAll("_", " ")))].join("; ") + "."));
