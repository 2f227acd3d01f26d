/** The job that creates a store's database: its progress while it runs, and what to do if it failed. */
{
  const EVERY = 1500; // milliseconds
  const NAMES = { pending: "Waiting for a worker", testing: "Testing the connection", creating: "Creating tables", migrating: "Migrating", seeding: "Adding first rows",
    completed: "The database is ready", failed: "It did not work", cancelled: "Cancelled" };

  /** Return what shows a job of the store; it follows the job until it ends or the person leaves the screen. */
  st.progress = (place, row, id) => {
    const job = st.path(row.id, `provision/${encodeURIComponent(id)}`);
    const title = kit.h("h2", { tabindex: -1 });
    const bar = kit.h("progress", { max: 100, value: 0, "aria-label": "Progress" });
    const words = kit.h("p", { class: "soft", role: "status" });
    const after = kit.h("div", { class: "stack" });
    let isCanceling = false; // the job stays as it is until a worker has ended it
    const act = (verb) => kit.act(async () => {
      await st.call("POST", `${job}/${verb}`, { repeatable: true });
      isCanceling = verb === "cancel";
      await follow();
    });
    const shown = kit.h("div", { class: "stack" }, st.back(`store/${row.id}`, row.name), kit.h("div", { class: "card stack" }, title, bar, words, after));
    const again = () => setTimeout(watch, EVERY);

    const endings = {
      completed: () => [kit.h("a", { class: "button primary", href: `#store/${row.id}` }, "To the store")],
      failed: (status) => [kit.banner(status.error_message ?? "The job failed.", "bad"), differences(status.report),
        kit.h("div", { class: "row" }, kit.button("Try again", act("retry"), "primary"), kit.button("Choose another database", act("cancel")))],
      cancelled: () => [kit.button("Choose a database", () => place.replaceChildren(st.chooseDatabase(place, row)), "primary")],
    };
    const cancel = kit.button("Cancel", act("cancel"));

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
      title.textContent = isOver || !isCanceling ? NAMES[status.status] ?? status.status : "Canceling";
      bar.value = status.progress;
      words.textContent = [status.message, status.total_tables ? `${status.tables_created} of ${status.total_tables} tables` : ""].filter(Boolean).join(" – ");
      if (!isOver) {
        after.replaceChildren(...(isCanceling ? [] : [cancel]));
        return again();
      }
      after.replaceChildren(...endings[status.status](status).filter(Boolean));
      title.focus();
    }
    const watch = () => shown.isConnected && follow().catch((error) => { after.replaceChildren(kit.banner(error.message, "bad")); });
    setTimeout(watch);
    return shown;
  };

  const differences = (report) => report?.differences.length && kit.table("Existing tables that do not fit", [
    ["Table", (row) => row.table], ["Column", (row) => row.column], ["Problem", (row) => row.problem], ["Needed", (row) => row.expected], ["There", (row) => row.present],
  ], report.differences);
}
