/** The move of a store to another database, with the proof that both hold the same rows. */
{
  st.move = (place, store) => kit.load(place, () => st.readJobs(store), ({ row, jobs, job }) => {
    const again = () => st.move(place, store);
    const failed = job ? null : st.failedJob(jobs, "move");
    const last = jobs.find((each) => each.kind === "move" && each.status === "completed");
    return kit.h("div", { class: "stack" }, st.back(`store/${store}`, row.name),
      job && otherJob(job),
      (job ?? failed) && st.jobCard(row, job ?? failed, { completed: (status) => [st.moveProof(status.report), kit.h("a", { class: "button primary", href: `#store/${store}` }, "To the store")],
        cancelled: () => kit.button("Choose a database", again, "primary") }),
      !job && !(failed && !row.database_type) && (st.hasDatabase(row) ? choice(row, again) : kit.banner("A store without a database cannot move.", "warn")),
      !job && last && lastMove(row, last));
  });

  const otherJob = (job) => job.kind !== "move" && kit.banner("The store can move when this job has ended.", "warn");

  const choice = (row, again) => kit.h("div", { class: "stack" },
    kit.h("p", null, `Current database: ${st.databaseName(row)}. The rows are copied while it works. At the end, changes are paused for a moment, both copies are compared row by row, and the store switches only if they are equal. The current database is kept for seven days.`),
    st.chooseDatabase(row, { submit: "Move the store", start: async (database) => {
      if (!(await kit.confirm("Move the store?", "Until the switch, the store keeps working where it is.", "Move the store"))) return;
      await st.call("POST", st.path(row.id, "move"), { body: { database }, repeatable: true });
      again();
    } }));

  /** Return the proof of the last move, which is read when it is opened. */
  const lastMove = (row, job) => st.section("The last move", kit.button("Show the proof", kit.act(async () => {
    const status = await st.read(st.path(row.id, `provision/${encodeURIComponent(job.id)}/status`));
    kit.dialog("The proof of the move", () => [st.moveProof(status.report) ?? kit.h("p", null, "The proof is no longer stored.")]).classList.add("wide");
  })), kit.h("p", null, `Completed ${kit.date(job.completed_at)}.`));

  /** Return a move's proof: each table's rows and hash, equal on both sides, and the rejected rows of a legacy database. */
  st.moveProof = (report) => {
    const { proof, rejected = [], rejected_count: count = 0 } = report ?? {};
    if (!proof) return null;
    return kit.h("div", { class: "stack" }, kit.table("Both copies are equal", [
      ["Table", (each) => each.table.replaceAll("_", " ")],
      ["Rows", (each) => st.number(each.rows), "number"],
      ["Ranges", (each) => st.number(each.ranges), "number"],
      ["SHA-256", (each) => kit.h("span", { class: "hash", title: each.sha256 }, `${each.sha256.slice(0, 12)}…`)],
    ], proof.tables, ""),
    kit.h("p", { class: "soft" }, "A range has at most 1,000 rows. Its hash was computed from the rows of both databases."),
    kit.h("div", null, kit.h("a", { class: "button", href: proof.download_url }, "Download the proof")),
    count > 0 && kit.table(`Rejected rows: ${st.number(count)}`, [["Table", (each) => each.table.replaceAll("_", " ")], ["Key", (each) => st.text(each.key)], ["Reason", (each) => each.reason]], rejected));
  };
}
