/** How the days went: scores over 7 to 365 days, with gaps as gaps. */
const PARTS = [["connection", "Closeness"], ["satisfaction", "Contentment"], ["mood", "Mood"], ["checkins", "Days of both"], ["activities", "Activities"], ["talks", "Talks"], ["finished", "Goals and challenges"]];
const TRENDS = { improving: "better than the week before", steady: "about as in the week before", declining: "lower than in the week before" };

tg.trend = (place) => {
  const chart = kit.h("div");
  const choice = kit.field({ name: "days", label: "Days", tag: "select", value: "30", options: [7, 30, 90, 180, 365].map((days) => [days, `The last ${days} days`]) });
  const select = choice.querySelector("select");
  const read = () => tg.read("insights", { days: select.value }).catch((error) => {
    if (error.code !== "PremiumRequired") throw error;
    return null;
  });
  const show = () => kit.load(chart, read, (data) => (data ? trendOf(data, Number(select.value))
    : kit.banner("The free plan shows 30 days.", "", kit.h("a", { class: "button", href: "#you/plan" }, "See the plans"))));
  select.addEventListener("change", show);
  place.replaceChildren(kit.h("div", { class: "stack" }, kit.h("div", { class: "short" }, choice), chart));
  return show();
};

function trendOf({ days: items, trend }, days) {
  const x = Array.from({ length: days }, (_, n) => tg.day(days - 1 - n));
  const byDay = new Map(items.map((row) => [row.date, row]));
  const values = (name) => x.map((day) => { const value = byDay.get(day)?.[name]; return value === null || value === undefined ? null : Number(value); });
  const scores = values("health_score");
  const last = items.filter((row) => row.health_score !== null).sort((a, b) => (a.date < b.date ? -1 : 1)).at(-1);
  if (!items.some((row) => row.health_score !== null)) return kit.empty("Nothing to show yet", "A score appears once both of you have checked in on two days of a week, not privately.", kit.h("a", { class: "button", href: "#today" }, "Check in"));
  return kit.h("div", { class: "stack" },
    last && tg.section("Score", null, kit.h("div", { class: "figures" }, kit.h("div", { class: "figure" }, kit.h("strong", null, last.health_score), kit.h("span", { class: "soft" }, `of 100, on ${tg.dayText(last.date, { day: "numeric", month: "short" })}`))),
      trend && kit.h("p", null, tg.words(TRENDS[trend]) + "."), last.components && partsTable(last.components)),
    kit.h("div", { class: "card" }, kit.chart({ type: "line", title: "Score", unit: "of 100", x, series: [{ name: "Score", values: scores }] })),
    kit.h("div", { class: "card" }, kit.chart({ type: "line", title: "Both, on average", unit: "of 10", x, series: [["Closeness", "connection_avg"], ["Contentment", "satisfaction_avg"], ["Mood", "mood_avg"]].map(([name, key]) => ({ name, values: values(key) })) })),
    kit.h("p", { class: "soft" }, "Days without a score are gaps: there were fewer than two shared check-ins of each in the week before."));
}

const partsTable = (components) => kit.h("details", null, kit.h("summary", null, "What the score is made of"),
  kit.table("Points by part", [["Part", ([, label]) => label], ["Points", ([name]) => components[name] ?? "–", "number"]], PARTS.filter(([name]) => name in components), ""));
