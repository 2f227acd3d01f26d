/** Retention: how many persons of a period come back in the later ones. The server answers such questions by reports. */
const PERIODS = { day: [14, "Days"], week: [56, "Weeks"], month: [366, "Months"] };
const POLL_SECONDS = 1;
const SHORT_DATE = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", timeZone: "UTC" });

an.retention = (panel) => {
  const place = kit.h("div", null);
  panel.replaceChildren(kit.h("div", { class: "stack" }, an.heading("Retention"), kit.h("div", { class: "card" }, kit.form({ label: "Question", submit: "Show", fields: [
    kit.h("div", { class: "columns" }, kit.field({ name: "start", label: "Start event", value: "page_view", required: true, maxlength: 64, autocomplete: "off" }),
      kit.field({ name: "back", label: "Return event", value: "page_view", required: true, maxlength: 64, autocomplete: "off" }),
      kit.field({ name: "period", label: "Period", tag: "select", value: "week", options: Object.entries(PERIODS).map(([period, [days, title]]) => [period, `${title}, of the last ${days} days`]) })),
    kit.field({ name: "first", label: "Count the start only in a person's first period", type: "checkbox" }),
  ], save: async (values) => showRetention(place, values) })), place));
};

function showRetention(place, { start, back, period, first }) {
  const body = { kind: "retention", start: { name: start.trim() }, return: { name: back.trim() }, period, first_time: first, ...an.range(PERIODS[period][0]) };
  return kit.load(place, () => runReport(place, body), (rows) => retention(rows, period));
}

/** Return the rows of a report, once it is completed. */
async function runReport(place, body) {
  const { data: report } = await an.call("POST", an.sitePath("reports"), { body });
  while (place.isConnected) {
    const { status, result, error } = await an.read(an.sitePath("reports/" + report.id));
    if (status === "completed") return result.rows;
    if (status === "failed") throw new kit.Problem("ReportFailed", error || "The report failed. Ask again.");
    await kit.pause(POLL_SECONDS);
  }
  return [];
}

/** Return the first day of the period that begins `count` periods after a date. */
function later(date, period, count) {
  const day = new Date(date + "T00:00:00Z");
  if (period === "month") day.setUTCMonth(day.getUTCMonth() + count);
  else day.setUTCDate(day.getUTCDate() + count * (period === "week" ? 7 : 1));
  return day.toISOString().slice(0, 10);
}

function retention(rows, period) {
  const cohorts = rows.filter((row) => row.values[0]);
  if (!cohorts.length) return kit.empty("No persons", "Nobody did the start event in these days.");
  const x = Array.from({ length: Math.max(...cohorts.map((row) => row.values.length)) }, (_, n) => `${period} ${n}`);
  const name = (row) => `${SHORT_DATE.format(new Date(row.date))} (${an.number(row.values[0])})`;
  const isOpen = (row, n) => (n === 0 && !row.complete) || later(row.date, period, n + 1) > an.today();
  const percent = (row, n) => (row.values[n] === null || row.values[n] === undefined ? null : (row.values[n] / row.values[0]) * 100);
  return kit.h("div", { class: "stack" },
    an.chart({ type: "heat", title: "Persons that come back, as a share of those that started in the period", unit: "%", x, series: cohorts.map((row) => ({ name: name(row),
      values: x.map((_, n) => percent(row, n)), open: x.map((_, n) => percent(row, n) !== null && isOpen(row, n)) })) }),
    kit.table("Persons by period; the period of the start is 0", [["Start", (row) => row.date], ...x.map((title, n) => [title, (row) => (n < row.values.length && row.values[n] !== null
      ? an.number(row.values[n]) + (isOpen(row, n) ? " so far" : "") : ""), "number"])], cohorts, ""));
}
