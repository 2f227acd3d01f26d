/** Retention rules with their latest runs, and the runs of one rule. */
op.retention = (panel, rule) => {
  if (rule) return showRule(panel, decodeURIComponent(rule));
  kit.load(panel, () => op.read("retention-rules"), ({ items }) => kit.h("div", { class: "stack" }, op.heading("Retention"), kit.table("Rules with their latest runs", [
    ["Rule", (row) => kit.h("a", { href: "#retention/" + encodeURIComponent(row.rule) }, row.rule)],
    ["Keeps", (row) => op.days(row.keep_seconds)], ["Then", (row) => row.then],
    ["Latest run", (row) => (row.latest ? op.status(row.latest.status) : "none yet")], ["Due", (row) => (row.latest ? kit.date(row.latest.run) : "")],
    ["Deleted", (row) => (row.latest ? op.number(row.latest.rows_deleted) : ""), "number"],
  ], items)));
};

op.days = (seconds) => {
  const days = seconds / 86400;
  if (!seconds) return "until that time";
  return days >= 1 ? `${op.number(Math.round(days))} days` : `${op.number(Math.round(seconds / 60))} minutes`;
};

function showRule(panel, rule) {
  const table = kit.h("div");
  panel.replaceChildren(kit.h("div", { class: "stack" }, kit.h("p", null, kit.h("a", { class: "button bare", href: "#retention" }, "← Retention")), op.heading(rule), table));
  op.list(table, { path: "retention-runs", query: { rule }, caption: "Runs, newest first", empty: ["No runs yet", "The next sweep starts one."], columns: [
    ["Due", (row) => kit.date(row.run)], ["Status", (row) => op.status(row.status)],
    ["Segments left", (row) => `${row.segments_left} of ${row.segments}`], ["Archived", (row) => op.number(row.rows_archived), "number"],
    ["Deleted", (row) => op.number(row.rows_deleted), "number"], ["Completed", (row) => kit.date(row.completed_at)],
  ] });
}
