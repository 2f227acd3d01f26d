/** Migrations of all stores: the runs, and one run with its stores by status. */
{
  const STATUSES = ["failed", "pending", "running", "completed", "skipped"];
  const runPath = (id, rest = "") => `platform/migrations/${encodeURIComponent(id)}${rest}`;
  const counts = [["Stores", "total"], ["Done", "done"], ["Failed", "failed"], ["Skipped", "skipped"]];

  op.migrations = (panel, id) => {
    if (id) return showRun(panel, decodeURIComponent(id));
    const table = kit.h("div");
    panel.replaceChildren(kit.h("div", { class: "stack" }, op.heading("Migrations of all stores", op.changeButton("Migrate all stores", startRun)), table));
    op.list(table, { path: "platform/migrations", caption: "Runs, newest first", empty: ["No runs", "No release has changed the stores' tables."], columns: [
      ["Run", (row) => kit.h("a", { href: "#migrations/" + row.id }, row.id)], ["Revision", (row) => row.revision], ["Status", (row) => op.status(row.status)],
      ...counts.map(([title, key]) => [title, (row) => op.number(row[key]), "number"]),
      ["Started by", (row) => op.text(row.started_by)], ["Started", (row) => kit.date(row.started_at)], ["Completed", (row) => kit.date(row.completed_at)],
    ] });
  };

  async function startRun() {
    if (!(await kit.confirm("Migrate all stores?", "Five stores are migrated first; a failure among these stops the run. Then all others are migrated in parallel.", "Migrate"))) return;
    const { data } = await op.call("POST", "platform/migrations", { body: {} });
    location.hash = "migrations/" + data.id;
  }

  const showRun = (panel, id) => kit.load(panel, () => op.read(runPath(id)), (run) => {
    const again = () => showRun(panel, id);
    const table = kit.h("div");
    const stop = async () => {
      if (!(await kit.confirm("Stop this run?", "Stores that have begun finish; the others stay as they are.", "Stop the run"))) return;
      await op.call("POST", runPath(id, "/stop"), { body: {}, repeatable: true });
      again();
    };
    return kit.h("div", { class: "stack" }, kit.h("p", null, kit.h("a", { class: "button bare", href: "#migrations" }, "← Migrations")),
      op.heading(`Run to revision ${run.revision}`, kit.button("Look again", again), run.status === "running" && op.changeButton("Stop", stop, "danger")),
      kit.h("div", { class: "card" }, op.facts([["Run", run.id], ["Status", op.status(run.status)], ...counts.map(([title, key]) => [title, op.number(run[key])]),
        ["Five first", run.is_canary ? "yes" : "no"], ["Started by", run.started_by], ["Started", kit.date(run.started_at)], ["Completed", kit.date(run.completed_at)]])),
      op.filters("Stores of the run", [kit.field({ name: "status", label: "Stores with the status", tag: "select", options: STATUSES.map((each) => [each, each]) })],
        ({ status }) => op.list(table, { path: runPath(id, "/stores"), query: { status }, caption: `Stores of the run: ${status}`, empty: ["No stores", "No store of this run has this status."], columns: [
          ["Store", (row) => kit.h("a", { href: "#stores/" + row.store_id }, row.store_id)], ["Status", (row) => op.status(row.status)],
          ["From", (row) => row.from_revision], ["To", (row) => row.to_revision], ["Reason", (row) => op.text(row.error_message)],
          ["Milliseconds", (row) => (row.duration_ms === null ? "" : op.number(row.duration_ms)), "number"], ["Updated", (row) => kit.date(row.updated_at)],
        ] })), table);
  });
}
