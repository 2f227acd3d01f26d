/** Exports of figures to CSV files. */
const KINDS = [["skus", "Discounts by SKU"], ["days", "Days"], ["products", "Products"], ["customers", "Customers"], ["inventory", "Stock"]];
const DATED = ["skus", "days", "inventory"];

app.exports = () => {
  const place = kit.h("div", { role: "status" });
  const form = kit.form({ label: "Export", submit: "Create the file",
    fields: [kit.h("div", { class: "columns" }, kit.field({ name: "kind", label: "Figures", tag: "select", options: KINDS }),
      kit.field({ name: "from", label: "First day", type: "date", hint: "Empty: the last 30 days; for SKUs, all time" }), kit.field({ name: "to", label: "Last day", type: "date", hint: "Empty: today" }))],
    save: async ({ kind, from, to }) => {
      const days = DATED.includes(kind) ? { ...(from && { from }), ...(to && { to }) } : {};
      const { data } = await app.call("POST", "exports", { key: true, body: { kind, ...days } });
      place.replaceChildren(kit.loading("The file is being created…"));
      await follow(data.export_id, place);
    } });
  return app.section("Export", form, place);
};

/** Poll an export every two seconds until its file is written. */
async function follow(id, place) {
  for (;;) {
    const row = await app.read("exports/" + id);
    if (row.status === "completed") {
      return place.replaceChildren(kit.h("p", null, `${app.number(row.row_count)} rows. `, kit.h("a", { class: "button", href: row.url, target: "_blank", rel: "noopener" }, "Download the file")));
    }
    if (row.status === "failed") return place.replaceChildren(kit.banner("The file could not be created. Please export again.", "bad"));
    await kit.pause(2);
  }
}
