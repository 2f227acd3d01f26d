/** Latency of the data API: all endpoints in an hour, and the last days of one endpoint. */
{
  const HOUR = 3600000;
  const DAYS = [7, 31];
  const HOUR_TEXT = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "numeric" });
  const ms = (value) => (value === null ? "" : op.number(value));

  op.performance = (panel, endpoint) => (endpoint ? showEndpoint(panel, decodeURIComponent(endpoint)) : showHour(panel));

  function showHour(panel) {
    const place = kit.h("div");
    panel.replaceChildren(kit.h("div", { class: "stack" }, op.heading("Performance"), kit.h("p", { class: "soft" }, "Latency of the stores' data API in milliseconds. 95 % of the calls were answered within p95."),
      op.filters("Endpoints of an hour", [kit.field({ name: "hour", label: "Hour", type: "datetime-local", step: 3600, hint: "In your time zone. Empty: the last one that was computed." })],
        ({ hour }) => kit.load(place, () => op.read("platform/performance", { hour: hour && startOf(op.time(hour)) }), ({ items }) => (items.length
          ? kit.table(`Endpoints from ${kit.date(items[0].hour)}, the most called first`, [
            ["Endpoint", (row) => kit.h("a", { href: "#performance/" + encodeURIComponent(row.endpoint) }, row.endpoint)], ...COLUMNS,
          ], items) : kit.empty("No calls", "No store was called in this hour, or it is not computed yet.")))), place));
  }

  function showEndpoint(panel, endpoint) {
    const place = kit.h("div");
    panel.replaceChildren(kit.h("div", { class: "stack" }, kit.h("p", null, kit.h("a", { class: "button bare", href: "#performance" }, "← Performance")), op.heading(endpoint),
      op.filters("Range of days", [kit.field({ name: "days", label: "Days", tag: "select", options: DAYS.map((each) => [each, `The last ${each}`]) })], ({ days }) => {
        const start = startOf(new Date(Date.now() - days * 24 * HOUR).toISOString());
        kit.load(place, () => op.read("platform/performance", { endpoint, start }), ({ items }) => (items.length ? kit.h("div", { class: "stack" }, chart(items),
          kit.table("Hours with calls, newest first", [["Hour", (row) => kit.date(row.hour)], ...COLUMNS], [...items].reverse()))
          : kit.empty("No calls", "No store called this endpoint in these days.")));
      }), place));
  }

  /** Return the start of the hour (UTC) of a time. */
  const startOf = (time) => time.slice(0, 13) + ":00:00Z";

  const COLUMNS = [
    ["Calls", (row) => op.number(row.calls), "number"], ["Errors", (row) => (row.errors ? `${op.number(row.errors)} (${op.percent(row.errors / row.calls)})` : "0"), "number"],
    ["p50", (row) => ms(row.p50_ms), "number"], ["p95", (row) => ms(row.p95_ms), "number"], ["p99", (row) => ms(row.p99_ms), "number"],
  ];

  /** Return the chart of an endpoint; an hour without calls has no value. */
  function chart(items) {
    const byHour = new Map(items.map((row) => [Date.parse(row.hour), row]));
    const [first, last] = [Math.min(...byHour.keys()), Math.max(...byHour.keys())];
    const hours = Array.from({ length: (last - first) / HOUR + 1 }, (_, n) => first + n * HOUR);
    return kit.h("div", { class: "card" }, kit.chart({ type: "line", title: "Latency by hour", unit: "ms", x: hours.map((hour) => HOUR_TEXT.format(hour)),
      series: [["p50", "p50_ms"], ["p95", "p95_ms"], ["p99", "p99_ms"]].map(([name, key]) => ({ name, values: hours.map((hour) => byHour.get(hour)?.[key]) })) }));
  }
}
