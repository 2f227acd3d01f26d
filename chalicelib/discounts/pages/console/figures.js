/** The figures of the overview: totals, trend, the best SKUs and discounts. */
const STALE_MINUTES = 15;

app.figures = (data) => {
  const { currency } = data;
  const x = data.trend.map((day) => day.date);
  const chart = (title, name, unit) => kit.chart({ type: "line", title, unit, x, open: x.map((_, n) => n === x.length - 1),
    series: [{ name: title, values: data.trend.map((day) => Number(day[name])) }] });
  return kit.h("div", { class: "stack" },
    kit.h("ul", { class: "figures" }, [
      ["Saved by shoppers", app.money(data.total_savings, currency)], ["Revenue after discounts", app.money(data.revenue_after_discount, currency)],
      ["Orders with a discount", app.number(data.orders)], ["Uses", app.number(data.total_uses)],
      ["Discounts used", app.number(data.total_discounts)], ["SKUs sold with a discount", app.number(data.unique_skus)],
    ].map(([title, value]) => kit.h("li", null, kit.h("span", { class: "soft" }, title), kit.h("strong", null, value)))),
    kit.h("div", { class: "columns" }, chart("Saved by day", "savings", currency), chart("Uses by day", "uses")),
    topSkus(data), topDiscounts(data), others(data));
};

/** Return when the figures were computed, as a warning if they are old. */
app.asOf = (data) => {
  const text = `As of ${kit.date(data.as_of)}.` + (data.stores.length > 1 ? ` ${data.stores.length} stores.` : "");
  const isOld = Date.now() - new Date(data.as_of) > STALE_MINUTES * 60000;
  return isOld ? kit.banner(text + " Newer figures are being computed; reload the page in a minute.", "warn") : kit.h("p", { class: "soft" }, text);
};

const store = ({ stores }) => (stores.length > 1 ? [["Store", (row) => row.shop]] : []);

const topSkus = (data) => kit.table("SKUs with the largest savings", [["SKU", (row) => app.text(row.sku)], ...store(data), ["Uses", (row) => app.number(row.uses), "number"],
  ["Saved", (row) => app.money(row.savings, data.currency), "number"]], data.top_skus);

const topDiscounts = (data) => kit.table("Discounts with the largest savings", [["Discount", (row) => app.text(row.title || "Deleted discount")], ["Code", (row) => app.text(row.discount_code || "")],
  ...store(data), ["Uses", (row) => app.number(row.uses), "number"], ["Saved", (row) => app.money(row.savings, data.currency), "number"],
  ["Revenue after discounts", (row) => app.money(row.revenue_after_discount, data.currency), "number"]], data.top_discounts);

const others = (data) => (data.other_currencies.length ? kit.table("In other currencies", [["Currency", (row) => row.currency], ["Orders", (row) => app.number(row.orders), "number"],
  ["Uses", (row) => app.number(row.total_uses), "number"], ["Saved", (row) => app.money(row.total_savings, row.currency), "number"],
  ["Revenue after discounts", (row) => app.money(row.revenue_after_discount, row.currency), "number"]], data.other_currencies) : null);

/** Every SKU and discount, a page at a time. */
app.everySku = () => {
  const { place, open } = app.paged((cursor) => app.read("figures/skus", { limit: 50, cursor }), (rows) => (rows.length ? kit.table("Every SKU with a discount", [
    ["SKU", (row) => app.text(row.sku)], ["Code", (row) => app.text(row.discount_code || "automatic")], ["Uses", (row) => app.number(row.times_used), "number"],
    ["Units", (row) => app.number(row.units), "number"], ["Saved", (row) => app.money(row.discount_amount, row.currency), "number"],
    ["Revenue after discounts", (row) => app.money(row.revenue_after_discount, row.currency), "number"], ["Last use", (row) => kit.date(row.last_used_at)],
  ], rows) : kit.h("p", { class: "soft" }, "No order has used a discount yet.")));
  const button = kit.button("Show every SKU", kit.act(async () => { await open(); button.replaceWith(place); }));
  return app.section("Every SKU", button);
};
