/** Discounts: the list, the form with its preview, pausing and deleting. */
const go = (hash) => { if (location.hash === "#" + hash) show(); else location.hash = hash; };
const tag = (row) => `"${row.version}"`;

const show = () => {
  const id = location.hash.slice(1);
  if (id === "main") return;
  if (!id) kit.load(app.main, () => app.all("discounts"), showList);
  else kit.load(app.main, async () => ({ shop: await app.shop(), row: id === "new" ? null : await app.read("discounts/" + id) }), showForm);
};

function showList(rows) {
  const add = () => kit.button("Set a price", () => go("new"), "primary");
  if (!rows.length) return kit.empty("No discounts yet", "A discount sets the price of one SKU or of hundreds, automatically or with a code.", add());
  return kit.h("div", { class: "stack" }, kit.h("div", { class: "row apart" }, kit.h("p", { class: "soft" }, `${rows.length} of 500 discounts`), add()),
    failures(rows),
    kit.list(rows.map((row) => [kit.h("div", { class: "main" }, kit.h("h3", { dir: "auto" }, row.title),
      kit.h("p", { class: "soft", dir: "auto" }, [row.discount_code ? "Code " + row.discount_code : "Automatic", app.value(row.value_type, row.value), items(row)].join(" · ")),
      row.publication === "failed" && kit.h("p", { class: "error", dir: "auto" }, why(row))),
    kit.h("div", { class: "row" }, app.badges(row)),
    kit.button("Edit", () => go(row.discount_id), "", { "aria-label": "Edit " + row.title })])));
}

const items = ({ skus }) => (skus.length === 1 ? skus[0] : `${app.number(skus.length)} items`);
const why = (row) => "Shopify rejected this: " + (row.publication_error || "the reason is unknown");

function failures(rows) {
  const failed = rows.filter((row) => row.publication === "failed");
  return failed.length > 0 && kit.banner(failed.length === 1 ? `“${failed[0].title}” is not in Shopify, so shoppers do not get it.`
    : `${failed.length} discounts are not in Shopify, so shoppers do not get them.`, "bad");
}

function showForm({ row, shop }) {
  const preview = app.preview(shop.currency, row?.discount_id);
  const zone = shop.iana_timezone || "UTC";
  const value = (name, missing = "") => row?.[name] ?? missing;
  const combines = row?.combines_with || {};
  const check = (name, label, isOn) => kit.field({ name, label, type: "checkbox", value: isOn });
  const form = kit.form({ label: row ? row.title : "New discount", submit: row ? "Save" : "Create the discount", cancel: () => go(""), reload: show,
    fields: [
      kit.field({ name: "title", label: "Title", required: true, maxlength: 255, value: value("title"), hint: "Shoppers see it in the cart." }),
      kit.field({ name: "discount_code", label: "Code", maxlength: 255, value: value("discount_code"), hint: "Leave empty to apply the discount automatically." }),
      kit.h("div", { class: "columns" }, kit.field({ name: "value_type", label: "Kind", tag: "select", options: app.TYPES, value: value("value_type", "percentage") }),
        kit.field({ name: "value", label: "Value", required: true, inputmode: "decimal", value: value("value") })),
      kit.field({ name: "items", label: "Items", tag: "textarea", required: true, rows: 6, spellcheck: "false", value: row ? app.itemLines(row) : "",
        hint: "One SKU per line, exactly as in Shopify. To give a SKU its own value, write “SKU = 15%”, “SKU = -2.00” (off) or “SKU = 12.00” (price)." }),
      kit.h("details", null, kit.h("summary", null, "Limits and times"), kit.h("div", { class: "stack" },
        kit.h("div", { class: "columns" }, kit.field({ name: "minimum_quantity", label: "Minimum quantity", type: "number", min: 1, value: value("minimum_quantity", 1) }),
          kit.field({ name: "usage_limit", label: "Usage limit", type: "number", min: 1, value: value("usage_limit"), hint: "Only for discounts with a code" })),
        kit.h("div", { class: "columns" }, kit.field({ name: "starts_at", label: "Starts", type: "datetime-local", value: app.localTime(row?.starts_at, zone), hint: "Time of " + zone }),
          kit.field({ name: "ends_at", label: "Ends", type: "datetime-local", value: app.localTime(row?.ends_at, zone) })),
        check("once_per_customer", "Once per customer (only for discounts with a code)", value("once_per_customer", false)),
        check("with_product", "Combines with other product discounts", combines.product), check("with_order", "Combines with order discounts", combines.order),
        check("with_shipping", "Combines with shipping discounts", combines.shipping),
        kit.field({ name: "tags", label: "Combines with product discounts that have these tags", value: (combines.tags || []).join(", "), hint: "Shopify Plus only; separated by commas" }))),
      check("is_active", "Active", value("is_active", true)),
    ],
    save: async (values) => {
      const body = app.terms(values);
      if (row) await app.call("PUT", "discounts/" + row.discount_id, { body, etag: tag(row) });
      else await app.call("POST", "discounts", { body, key: true });
      kit.toast(row ? "The discount was saved." : "The discount was created.");
      go("");
    } });
  form.addEventListener("input", () => preview.update(form));
  queueMicrotask(() => preview.update(form));
  return kit.h("div", { class: "stack" }, kit.h("p", null, kit.button("← Discounts", () => go(""), "bare")),
    kit.h("div", { class: "row apart" }, kit.h("h2", { tabindex: -1, dir: "auto" }, row ? row.title : "New discount"), row && kit.h("div", { class: "row" }, app.badges(row))),
    row?.publication === "failed" && kit.banner(why(row), "bad"),
    row?.ab_test_id && kit.banner("A price test is running: value, items and times cannot change until it stops.", "warn"),
    kit.h("div", { class: "split" }, kit.h("div", { class: "card" }, form), preview.place),
    row && kit.h("div", { class: "row" }, kit.button("Delete the discount", kit.act(() => remove(row)), "danger")));
}

async function remove(row) {
  if (!await kit.confirm("Delete the discount", `“${row.title}” is removed from Shopify immediately. Its figures stay.`, "Delete")) return;
  await app.call("DELETE", "discounts/" + row.discount_id, { etag: tag(row) });
  kit.toast("The discount was deleted.");
  go("");
}

addEventListener("hashchange", show);
show();
