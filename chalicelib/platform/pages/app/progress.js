/** A job of a store: its progress while it runs, and what to do if it failed. */
{
  const EVERY = 1500; // milliseconds
  const STATUSES = { pending: "Waiting for a worker", testing: "Testing the connection", creating: "Creating tables", migrating: "Migrating", seeding: "Adding first rows" };
  const KINDS = {
    provision: { completed: "The database is ready", another: "Choose another database" },
    move: { running: "Moving the store", completed: "The store has moved", cancelled: "The move is cancelled", another: "Give up the move" },
    backup: { running: "Making a backup", completed: "The backup is ready", cancelled: "The backup is cancelled", another: "Give up the backup" },
    restore: { running: "Restoring the store", completed: "The store is restored", cancelled: "The restore is cancelled", another: "Give up the restore" },
    drop: { running: "Removing data", completed: "The data is removed", another: "Give up" },
  };

  /** Return the heading of a job with this status. */
  const titleOf = (kind, status) => {
    if (status === "failed") return "The job failed";
    if (status === "pending") return STATUSES.pending;
    return KINDS[kind][status] ?? (status === "cancelled" ? "Cancelled" : KINDS[kind].running ?? STATUSES[status] ?? status);
  };

  /** Read the store and its jobs, newest first; `job` is the one in progress. */
  st.readJobs = async (store) => {
    const [row, { items }] = await Promise.all([st.read(st.path(store)), st.read(st.path(store, "provision"), { limit: 20 })]);
    return { row, jobs: items, job: row.active_job && (items.find((each) => each.id === row.active_job) ?? { id: row.active_job, kind: "provision" }) };
  };

  /** Return the newest job of these kinds if it failed in the last day, so that it can be retried. */
  st.failedJob = (jobs, ...kinds) => {
    const job = jobs.find((each) => kinds.includes(each.kind));
    return job?.status === "failed" && st.now() - new Date(job.completed_at ?? job.created_at) < 24 * 3600e3 ? job : null;
  };

  /**
   * Return a card that shows a job of the store, and polls it until it ends or the user leaves the screen. `completed(status)`
   * and `cancelled()` return what to show after these ends.
   */
  st.jobCard = (row, { id, kind }, { completed, cancelled }) => {
    const job = st.path(row.id, `provision/${encodeURIComponent(id)}`);
    const title = kit.h("h2", { tabindex: -1 });
    const bar = kit.h("progress", { max: 100, value: 0, "aria-label": "Progress" });
    const words = kit.h("p", { class: "soft", role: "status" });
    const after = kit.h("div", { class: "stack" });
    let isCanceling = false; // the job stays as it is until a worker has ended it
    const act = (verb) => kit.act(async () => {
      try {
        await st.call("POST", `${job}/${verb}`, { repeatable: true });
      } catch (error) {
        if (error.code !== "JobEnded") throw error;
        return end({ status: "cancelled" });
      }
      isCanceling = verb === "cancel";
      await follow();
    });
    const card = kit.h("div", { class: "card stack" }, title, bar, words, after);
    const again = () => setTimeout(watch, EVERY);

    const endings = {
      completed,
      failed: (status) => [kit.banner(status.error_message ?? "The job failed.", "bad"), differences(status.report),
        kit.h("div", { class: "row" }, kit.button("Try again", act("retry"), "primary"), kit.button(KINDS[kind].another, act("cancel")))],
      cancelled,
    };
    const cancel = kit.button("Cancel", act("cancel"));

    function end(status) {
      title.textContent = titleOf(kind, status.status);
      after.replaceChildren(...[endings[status.status](status)].flat().filter(Boolean));
      title.focus();
    }

    async function follow() {
      let status;
      try {
        status = await st.read(`${job}/status`);
      } catch (error) {
        if (!(error instanceof kit.Problem) || ["SessionExpired", "JobNotFound"].includes(error.code)) throw error;
        words.textContent = error.message;
        return again();
      }
      const isOver = endings[status.status] && (!isCanceling || status.status !== "failed");
      const hasTables = status.total_tables && (kind === "provision" || status.status === "creating");
      bar.value = status.progress;
      words.textContent = status.status === "failed" ? "" : [status.message, hasTables ? `${status.tables_created} of ${status.total_tables} tables` : ""].filter(Boolean).join(" – ");
      if (isOver) return end(status);
      title.textContent = isCanceling ? "Canceling" : titleOf(kind, status.status);
      after.replaceChildren(...(isCanceling ? [] : [cancel]));
      again();
    }
    const watch = () => card.isConnected && follow().catch((error) => { after.replaceChildren(kit.banner(error.message, "bad")); });
    setTimeout(watch);
    return card;
  };

  const differences = (report) => report?.differences?.length && kit.table("Existing tables that do not fit", [
    ["Table", (row) => row.table], ["Column", (row) => row.column], ["Problem", (row) => row.problem], ["Needed", (row) => row.expected], ["There", (row) => row.present],
  ], report.differences);
}
