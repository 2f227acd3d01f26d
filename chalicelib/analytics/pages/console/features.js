/** Features: how many of the active users use each one. */
const CHARTED = 12;

an.features = (panel) => an.ranged(panel, "Features", [], (place, range) => an.load(place, an.sitePath("features"), range, ({ items }) => (items.length
  ? features(items) : kit.empty("No features used", "Events of the type feature_usage appear here."))));

function features(items) {
  const adopted = items.filter((row) => row.adoption_rate !== null).sort((a, b) => b.adoption_rate - a.adoption_rate).slice(0, CHARTED);
  return kit.h("div", { class: "stack" },
    adopted.length > 0 && an.chart({ type: "bar", unit: "%", title: "Adoption: a feature's daily active users, as a share of the site's", x: adopted.map((row) => row.feature),
      series: [{ name: "Adoption", values: adopted.map((row) => row.adoption_rate * 100) }] }),
    kit.table("Features, the most used first", [
      ["Feature", (row) => an.text(row.feature === "__other__" ? "(others)" : row.feature)], ["Adoption", (row) => an.percent(row.adoption_rate), "number"],
      ["Daily active users", (row) => an.number(row.daily_active_users), "number"], ["New users", (row) => an.number(row.new_users), "number"],
      ["Uses", (row) => an.number(row.usage_count), "number"], ["Time spent", (row) => an.duration(row.time_spent_seconds), "number"],
      ["Completed", (row) => an.percent(row.completion_rate), "number"],
      ["Rating, 1 to 5", (row) => (row.rating_count ? `${an.number(Number(row.satisfaction_score))} (${an.number(row.rating_count)})` : "–"), "number"],
      ["Last used", (row) => kit.date(row.last_used)],
    ], items));
}
