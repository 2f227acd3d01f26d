/** Payments of stores by month, currency and plan. Recurring revenue (MRR) is in analytics. */
{
  const MONTHS = [12, 24, 60];
  const money = (amount, currency) => new Intl.NumberFormat(undefined, { style: "currency", currency }).format(amount);
  const amounts = (byName, line) => kit.h("div", null, Object.entries(byName).map(([name, amount]) => kit.h("p", null, line(name, amount))));

  /** Return the month (UTC) so many months ago, as `YYYY-MM`. */
  const month = (back) => {
    const now = new Date();
    return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back)).toISOString().slice(0, 7);
  };

  op.revenue = (panel) => {
    const place = kit.h("div");
    panel.replaceChildren(kit.h("div", { class: "stack" }, op.heading("Revenue", kit.h("a", { class: "button", href: "../analytics/app#revenue" }, "Recurring revenue (MRR)")),
      op.filters("Months", [kit.field({ name: "months", label: "Months", tag: "select", options: MONTHS.map((each) => [each, `The last ${each}`]) })],
        ({ months }) => kit.load(place, () => op.read("platform/revenue", { start: month(months - 1), end: month(0) }), show)), place));
  };

  const show = ({ items }) => (items.length ? kit.h("div", { class: "stack" },
    kit.h("div", { class: "card" }, kit.chart({ type: "bar", title: "Payments of stores less refunds, by month (UTC)", unit: "USD", x: items.map((row) => row.period), open: items.map((row) => !row.is_final),
      series: [{ name: "Revenue", values: items.map((row) => Number(row.total_revenue)) }] })),
    kit.table("Months, newest first", [
      ["Month", (row) => row.period], ["Revenue", (row) => money(row.total_revenue, "USD"), "number"],
      ["By currency", (row) => amounts(row.by_currency, (currency, amount) => money(amount, currency))],
      ["By plan", (row) => amounts(row.by_plan, (plan, amount) => `${plan}: ${money(amount, "USD")}`)],
      ["New stores", (row) => op.number(row.new_stores), "number"], ["Churned stores", (row) => op.number(row.churned_stores), "number"],
      ["State", (row) => (row.is_final ? kit.badge("final", "good") : kit.badge("so far"))], ["Computed", (row) => kit.date(row.generated_at)],
    ], [...items].reverse())) : kit.empty("No revenue", "No store paid in these months."));
}
