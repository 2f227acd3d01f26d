/** Revenue for operators: MRR, its movements, and the customers who moved. It is of all sites together. */
const SCOPES = [["all", "All customers"], ["member", "Members"], ["store", "Stores"]];
const MOVES = [["New", "new_mrr", 1], ["Reactivation", "reactivation_mrr", 1], ["Expansion", "expansion_mrr", 1], ["Contraction", "contraction_mrr", -1], ["Churn", "churned_mrr", -1]];
const KIND = { new: "good", reactivation: "good", expansion: "good", contraction: "warn", churn: "bad" };

an.revenue = (panel) => an.ranged(panel, "Revenue", [
  kit.field({ name: "scope", label: "Of", tag: "select", options: SCOPES }), kit.field({ name: "by", label: "By", tag: "select", options: [["day", "Day"], ["month", "Month"]] }),
], (place, { from, to }, { scope, by }) => an.load(place, "operator/analytics/revenue", { scope, by, from, to }, (data) => revenue(data, scope, to)));

function revenue({ periods, currency }, scope, to) {
  const money = (value) => an.money(value, currency);
  const busy = periods.filter((row) => row.customers || Number(row.mrr) || Number(row.start_mrr) || MOVES.some(([, key]) => Number(row[key])) || row.payments_succeeded || row.payments_failed);
  if (!busy.length) return kit.empty("No revenue in these days", "Subscriptions and payments appear here.");
  const last = periods.at(-1);
  const values = (key, sign = 1) => periods.map((row) => sign * Number(row[key]));
  const total = (key) => values(key).reduce((sum, value) => sum + value, 0);
  const x = periods.map((row) => row.first_day);
  const open = periods.map((row) => !row.is_final);
  const apart = Object.entries(last.unconverted || {});
  return kit.h("div", { class: "stack" },
    apart.length > 0 && kit.banner(`Without an exchange rate, and not in these numbers: ${apart.map(([code, value]) => an.money(value, code)).join(", ")} of MRR.`, "warn"),
    an.figures([
      ["MRR", money(last.mrr), values("mrr")], ["Committed MRR", money(last.committed_mrr)], ["ARR", money(last.arr)], ["Customers", an.number(last.customers), values("customers")],
      ["Payments", money(total("subscription_revenue") + total("credits_revenue") + total("addons_revenue") + total("gifts_revenue"))], ["Refunds", money(total("refunds"))],
      ["Failed payments", an.number(total("payments_failed"))], ["MRR per customer", money(last.average_revenue_per_customer)],
    ]),
    an.chart({ type: "line", title: "MRR", unit: currency, x, open, series: [{ name: "MRR", values: values("mrr") }, { name: "Committed", values: values("committed_mrr") }] }),
    an.chart({ type: "stacked", title: "Movements of MRR", unit: currency, x, open, series: MOVES.map(([name, key, sign]) => ({ name, values: values(key, sign) })) }),
    rates(busy, money), movers(scope, to));
}

const rates = (periods, money) => kit.table("Periods with customers or payments, the latest first", [["Period", (row) => (row.first_day === row.last_day ? row.first_day : `${row.first_day} to ${row.last_day}`) + (row.is_final ? "" : " so far")],
  ["MRR at the end", (row) => money(row.mrr), "number"], ["Customers", (row) => an.number(row.customers), "number"], ["Customer churn", (row) => an.percent(row.churn_rate), "number"],
  ["Gross MRR churn", (row) => an.percent(row.gross_mrr_churn_rate), "number"], ["Net MRR churn", (row) => an.percent(row.net_mrr_churn_rate), "number"], ["Lifetime value", (row) => money(row.lifetime_value), "number"],
], [...periods].reverse().slice(0, 31));

/** The customers who moved on a day: of members or of stores. */
function movers(scope, day) {
  const table = kit.h("div", null);
  return kit.h("section", { class: "stack", "aria-label": "Customers who moved" }, an.filters("Customers who moved", [
    kit.field({ name: "of", label: "Who moved", tag: "select", value: scope === "store" ? "store" : "member", options: SCOPES.slice(1) }),
    kit.field({ name: "day", label: "On (UTC)", type: "date", value: day, required: true }),
  ], ({ of, day: chosen }) => chosen && an.list(table, { path: "operator/analytics/movements", query: { scope: of, day: chosen }, caption: "Customers whose MRR moved", empty: ["Nobody moved", "No customer's MRR changed on this day."], columns: [
    ["Customer", (row) => an.text(row.customer)], ["Movement", (row) => kit.badge(row.kind, KIND[row.kind])], ["Amount", (row) => an.number(Number(row.amount)), "number"],
    ["Before", (row) => an.number(Number(row.mrr_before)), "number"], ["After", (row) => an.number(Number(row.mrr_after)), "number"],
  ] })), table);
}
