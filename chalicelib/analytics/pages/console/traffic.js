/** Traffic: days, totals, the most frequent values, and the last events. */
const LISTS = { pages: "Pages", entries: "Entry pages", exits: "Exit pages", referrers: "Referrers", channels: "Channels", devices: "Devices", browsers: "Browsers", events: "Events" };

an.traffic = (panel) => an.ranged(panel, "Traffic", [], showTraffic);

function showTraffic(place, range) {
  an.load(place, an.sitePath("overview"), range, (data) => (data.days.length ? traffic(data, range)
    : an.emptySite(() => showTraffic(place, range))));
}

function traffic({ days, totals, top, recent }, range) {
  const x = an.daysOf(range);
  const byDay = new Map(days.map((row) => [row.date, row]));
  const values = (name, missing = 0) => x.map((day) => (byDay.has(day) ? byDay.get(day)[name] : missing));
  const open = x.map((day) => day >= an.today());
  const chart = (title, series) => an.chart({ type: "line", title, x, open, series: series.map(([name, key, missing]) => ({ name, values: values(key, missing) })) });
  return kit.h("div", { class: "stack" }, an.asOf(days.map((row) => row.computed_at)),
    an.figures([
      ["Daily visitors", an.number(totals.daily_visitors), values("visitors")], ["Visits", an.number(totals.visits), values("visits")],
      ["Page views", an.number(totals.page_views), values("page_views")], ["Events", an.number(totals.events), values("events")],
      ["Bounce rate", an.percent(totals.bounce_rate)], ["Average visit", an.duration(totals.average_duration_seconds)],
      ["New users", an.number(totals.new_users), values("new_users")], ["Bots", an.number(totals.bots), values("bots")],
    ]),
    kit.h("p", { class: "soft" }, `Days of ${an.site.time_zone}. A person who comes on two days counts as two daily visitors.`),
    chart("Visitors, visits and page views by day", [["Visitors", "visitors"], ["Visits", "visits"], ["Page views", "page_views"]]),
    totals.daily_active_users > 0 && chart("Known users by day", [["On the day", "active_users"], ["In 7 days", "active_users_7d", null], ["In 30 days", "active_users_30d", null]]),
    kit.h("div", { class: "columns" }, Object.entries(LISTS).filter(([name]) => top[name]?.length).map(([name, title]) => topList(title, top[name]))),
    recent.length > 0 && kit.table("Last events of the last day", [["Time", (row) => kit.date(row.at)], ["Type", (row) => row.type.replaceAll("_", " ")], ["Name", (row) => an.text(row.name)]], recent, ""));
}

const topList = (title, rows) => kit.table(title, [["Value", (row) => an.text(row.value === "__other__" ? "(others)" : row.value)],
  ["Count", (row) => an.number(row.count), "number"]], rows.slice(0, 10), "");
