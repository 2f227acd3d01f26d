/** The advice page: price advice from orders, SKUs without advice, competitors and price tests. */
const MISSING = { too_few_days: "fewer than 28 days with stock", too_few_units: "fewer than 50 units sold", one_price: "no two prices at least 5% apart", out_of_stock: "out of stock", out_of_model: "sales that the price does not explain" };

const percent = (value) => `${Number(value)}%`;
const rounded = (value) => Number(value).toFixed(2);

function advice(rows, currency, again) {
  const act = (row, action) => kit.act(async () => {
    await app.call("POST", "recommendations", { body: { sku: row.sku, action }, key: true });
    kit.toast(action === "accept" ? "A paused discount was created. Review it under Discounts." : "The advice was dismissed.");
    again();
  });
  const visible = rows.filter((row) => !row.dismissed_at);
  const advised = visible.filter((row) => row.status === "advised");
  const others = visible.filter((row) => row.status !== "advised");
  return app.section("Prices", kit.h("p", { class: "soft" }, "From your orders of the last 180 days. Past sales do not prove a cause, so test a price before you rely on it. Elasticity is the change of units sold, in percent, when the price rises by 1%."),
    advised.length > 0 && kit.list(advised.map((row) => [kit.h("div", { class: "main" }, kit.h("h3", { dir: "auto" }, row.sku),
      kit.h("p", null, `${Number(row.advised_percentage) ? percent(row.advised_percentage) + " off" : "No discount"} may bring ${app.money(row.gain_per_day[0], currency)} a day more ${row.objective === "margin" ? "margin" : "revenue"}`),
      kit.h("p", { class: "soft" }, `Likely range (95%) ${app.money(row.gain_per_day[1], currency)} to ${app.money(row.gain_per_day[2], currency)}; elasticity ${rounded(row.elasticity)} (${rounded(row.interval[0])} to ${rounded(row.interval[1])})`)),
    kit.h("div", { class: "row" }, kit.button("Create a paused discount", act(row, "accept"), "primary", { "aria-label": "Create a paused discount for " + row.sku }),
      kit.button("Dismiss", act(row, "dismiss"), "", { "aria-label": "Dismiss the advice for " + row.sku }))])),
    others.length > 0 && kit.table("SKUs without advice", [["SKU", (row) => app.text(row.sku)],
      ["Reason", (row) => (row.status === "no_gain" ? "No discount is likely to pay off" : (row.missing || []).map((each) => MISSING[each] || each).join("; "))], ["Computed", (row) => kit.date(row.computed_at)]], others),
    !visible.length && kit.empty("No advice yet", "Advice needs 28 days of orders, 50 units of a SKU and two prices at least 5% apart. It is computed once a week."));
}

const show = () => kit.load(app.main, async () => {
  const [recommendations, competitors, tests, discounts, shop] = await Promise.all([app.all("recommendations"), app.read("competitors"), app.all("tests"), app.all("discounts"), app.shop()]);
  return { recommendations, competitors, tests, discounts, shop };
}, ({ recommendations, competitors, tests, discounts, shop }) => [advice(recommendations, shop.currency, show), app.competitors(competitors.items, show), app.tests({ tests, discounts, currency: shop.currency }, show)]);

show();
