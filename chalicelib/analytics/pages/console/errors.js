/** Errors in groups: their number, the people they affect and their days; a person resolves them. */
const SEVERITIES = ["critical", "error", "warning", "info", "debug"];

an.errors = (panel) => {
  const table = kit.h("div", null);
  const show = (severity) => an.list(table, { path: an.sitePath("errors"), query: { severity }, caption: "Unresolved errors, the latest first", empty: ["No unresolved errors", "None of this severity."], columns: [
    ["Error", (row) => kit.h("div", { class: "stack tight" }, an.text(row.error_type), kit.h("p", { class: "soft", dir: "auto" }, row.error_message), details(row))],
    ["Count", (row) => kit.h("span", { class: "row" }, an.number(row.occurrences), occurrences(row)), "number"], ["Affected on the last day", (row) => an.number(row.users_affected), "number"],
    ["First", (row) => kit.date(row.first_seen_at)], ["Last", (row) => kit.date(row.occurred_at)],
    an.mayChange() && ["Action", (row) => an.changeButton("Resolve", async () => {
      await an.call("POST", an.sitePath("errors/" + encodeURIComponent(row.id)), { body: { action: "resolve" } });
      kit.toast("The error is resolved. A later one opens it again.");
      show(severity);
    }, "", { "aria-label": "Resolve " + row.error_type })],
  ].filter(Boolean) });
  panel.replaceChildren(kit.h("div", { class: "stack" }, an.heading("Errors"), an.filters("Errors", [
    kit.field({ name: "severity", label: "Severity", tag: "select", value: "error", options: SEVERITIES.map((each) => [each, each]) }),
  ], ({ severity }) => show(severity)), table));
};

/** Return a small line of the last 30 days. */
function occurrences(row) {
  const days = an.daysOf(an.range(30));
  return kit.sparkline({ title: "Errors in 30 days", values: days.map((day) => row.days[day] ?? 0) });
}

const details = (row) => (row.stack_trace || row.context) && kit.h("details", null, kit.h("summary", null, "Stack trace and context"),
  row.stack_trace && kit.h("pre", { tabindex: 0, dir: "ltr" }, row.stack_trace), row.context && kit.h("pre", { tabindex: 0, dir: "auto" }, JSON.stringify(row.context, null, 2)));
