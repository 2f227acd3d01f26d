/** Jobs on the databases of stores: those in progress and the failed ones of all stores, and all jobs of one store. */
{
  const ENDED = ["completed", "failed", "cancelled"];
  const storePath = (store, rest) => `stores/${encodeURIComponent(store)}/${rest}`;
  const jobPath = (store, job, rest) => storePath(store, `provision/${encodeURIComponent(job)}/${rest}`);
  const state = (row) => kit.h("span", null, op.status(row.status), (row.error_message || row.message) && kit.h("p", { dir: "auto" }, row.error_message ?? row.message));
  const progress = (row) => `${row.progress} %`;

  /** Return the end of the worker's lease, or since when the job has no worker. */
  const worker = ({ lease_until: until }) => until && (new Date(until) > new Date() ? `until ${kit.date(until)}` : `none since ${kit.date(until)}`);

  op.jobs = (panel) => {
    const table = kit.h("div");
    const search = (values) => {
      const isFailed = values.state === "failed";
      op.list(table, { path: "platform/jobs", query: { retryable: isFailed ? "true" : "" },
        caption: isFailed ? "Failed jobs that can be retried" : "Jobs in progress, the longest without a worker first",
        empty: ["No jobs", isFailed ? "No job failed in the last 24 hours. Older ones are listed with their store." : "No job is in progress."], columns: [
          ["Job", (row) => kit.h("code", null, row.id)], ["Store", (row) => kit.h("a", { href: "#stores/" + row.store_id }, row.store_id)], ["Kind", (row) => row.kind],
          ["Status", state], ["Step", (row) => row.step], ["Progress", progress, "number"], !isFailed && ["Worker", worker],
          ["Attempts", (row) => op.number(row.attempts), "number"], ["Created", (row) => kit.date(row.created_at)], ["Action", (row) => actions(row, row.store_id, () => search(values))],
        ].filter(Boolean) });
    };
    panel.replaceChildren(kit.h("div", { class: "stack" }, op.heading("Jobs"), op.filters("Jobs", [
      kit.field({ name: "state", label: "State", tag: "select", options: [["running", "In progress"], ["failed", "Failed"]] }),
    ], search), table));
  };

  /** Show the jobs of a store; `after()` is called when one changes. */
  op.storeJobs = (place, store, after) => op.list(place, { call: op.platform, path: storePath(store, "provision"), caption: "Jobs of the store, newest first",
    empty: ["No jobs", "The store's database was never requested."], columns: [
      ["Job", (row) => kit.h("code", null, row.id)], ["Kind", (row) => row.kind], ["Status", state], ["Progress", progress, "number"],
      ["Created", (row) => kit.date(row.created_at)], ["Completed", (row) => kit.date(row.completed_at)], ["Action", (row) => actions(row, store, after)],
    ] });

  const actions = (row, store, after) => kit.h("div", { class: "row" },
    kit.button("Details", kit.act(() => showDetails(row, store)), "", { "aria-label": "Details of job " + row.id }),
    row.status === "failed" && op.changeButton("Retry", () => change(row, store, "retry", after), "", { "aria-label": "Retry job " + row.id }),
    row.kind !== "drop" && (row.status === "failed" || !ENDED.includes(row.status)) && op.changeButton("Cancel", () => change(row, store, "cancel", after), "", { "aria-label": "Cancel job " + row.id }));

  async function change(row, store, verb, after) {
    const text = "A worker removes the empty tables that the job created. A database that the store uses stays as it is.";
    if (verb === "cancel" && !(await kit.confirm("Cancel this job?", text, "Cancel the job"))) return;
    const { data } = await op.platform("POST", jobPath(store, row.id, verb), { body: {}, repeatable: true });
    kit.toast(data.message);
    after();
  }

  /** Show the job as its owner sees it, with its report. */
  async function showDetails(row, store) {
    const { data } = await op.platform("GET", jobPath(store, row.id, "status"));
    kit.dialog("The job", () => [op.facts([["Job", row.id], ["Kind", row.kind], ["Status", op.status(data.status)], ["Progress", progress(data)], ["Message", data.message],
      ["Tables", data.total_tables ? `${data.tables_created} of ${data.total_tables}` : ""], ["Error", data.error_code], ["Reason", data.error_message]]),
    data.report && report(data.report)].filter(Boolean));
  }

  /** Return the parts of a job's report that are not empty. */
  const report = ({ differences = [], adopted = [], left = [], proof, rejected = [], rejected_count: count }) => [
    differences.length > 0 && kit.table("Existing tables that do not fit", [["Table", (row) => row.table], ["Column", (row) => row.column], ["Problem", (row) => row.problem],
      ["Needed", (row) => row.expected], ["Present", (row) => row.present]], differences),
    adopted.length > 0 && op.facts([["Tables that existed", adopted.join(", ")]]),
    left.length > 0 && op.facts([["Not removed", left.join(", ")]]),
    proof && kit.table("Proven equal on both sides", [["Table", (row) => row.table], ["Rows", (row) => op.number(row.rows), "number"], ["Ranges", (row) => op.number(row.ranges), "number"],
      ["SHA-256 of the ranges", (row) => kit.h("code", { title: row.sha256 }, row.sha256.slice(0, 12) + "…")]], proof.tables),
    proof && kit.h("p", null, kit.h("a", { class: "button", href: proof.download_url, rel: "noreferrer" }, "Download the proof")),
    rejected.length > 0 && kit.table(`Rejected rows: ${op.number(count)}`, [["Table", (row) => row.table], ["Key", (row) => op.text(row.key)], ["Reason", (row) => row.reason]], rejected),
  ].filter(Boolean);
}
