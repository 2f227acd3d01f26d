/** Competitors: product pages whose price is checked once a day. */
const WATCH = { ok: ["Price found", "good"], no_price: ["No price found", "warn"], refused_by_robots: ["The website does not allow automatic checks", "warn"],
  unreachable: ["Not reachable", "warn"], forbidden_address: ["Address not allowed", "bad"], paused: ["Paused after ten failures", "bad"] };

app.competitors = (rows, again) => {
  const add = kit.form({ label: "Watch a page", submit: "Watch it", fields: [kit.h("div", { class: "columns" }, kit.field({ name: "sku", label: "SKU", required: true, maxlength: 255 }),
    kit.field({ name: "competitor", label: "Competitor", required: true, maxlength: 255 }), kit.field({ name: "url", label: "Web address of the product", type: "url", required: true, maxlength: 2000, placeholder: "https://" }))],
    save: async (body) => { await app.call("POST", "competitors", { body, key: true }); kit.toast("The price is checked within a day."); again(); } });
  const remove = (row) => kit.act(async () => {
    if (!await kit.confirm("Stop watching", `The price at ${row.competitor} is no longer checked.`, "Stop")) return;
    await app.call("DELETE", "competitors/" + row.watch_id);
    again();
  });
  return app.section("Competitors", rows.length ? kit.list(rows.map((row) => {
    const [text, look] = WATCH[row.status] || [row.status, ""];
    return [kit.h("div", { class: "main" }, kit.h("h3", { dir: "auto" }, `${row.sku} at ${row.competitor}`),
      kit.h("p", { class: "soft" }, row.latest ? `${app.money(row.latest.price, row.latest.currency)}, ` : "", row.last_checked_at ? "checked " + kit.date(row.last_checked_at) : "not checked yet")),
    row.last_checked_at && kit.badge(text, look), kit.button("Stop watching", remove(row), "", { "aria-label": `Stop watching ${row.sku} at ${row.competitor}` })];
  })) : kit.h("p", { class: "soft" }, "Enter up to 50 product pages of competitors. Their prices are checked once a day."), add);
};
