/** The job that makes a store's database: its progress while it runs, and what to do if it failed. */
{
  const EVERY = 1500; // milliseconds
  const NAMES = { pending: "Waiting for a worker", testing: "Testing the connection", creating: "Creating tables", migrating: "Migrating", seeding: "Adding first rows",
    completed: "The database is ready", failed: "It did not work", cancelled: "Cancelled" };

  /** Show the store's job in `place`, and follow it until it ends or the person leaves the screen. Returns `place`. */
  st.progress = (place, row) => {
    const job = st.path(row.id, `provision/${encodeURIComponent(row.active_job)}`);
    const title = kit.h("h2", { tabindex: -1 });
    const bar = kit.h("progress", { max: 100, value: 0, "aria-label": "Progress" });
    const words = kit.h("p", { class: "soft", role: "status" });
    const after = kit.h("div", { class: "stack" });
    const act = (verb, done) => kit.act(async () => {
      await st.call("POST", `${job}/${verb}`, { repeatable: true });
      done();
    });
    const again = () => { if (place.isConnected) setTimeout(follow, EVERY); };
    place.replaceChildren(kit.h("div", { class: "stack" }, st.back(`store/${row.id}`, row.name), kit.h("div", { class: "card stack" }, title, bar, words, after)));

    const endings = {
      completed: () => [kit.h("a", { class: "button primary", href: `#store/${row.id}` }, "To the store")],
      failed: (status) => [kit.banner(status.error_message ?? "The job failed.", "bad"), differences(status.report),
        kit.h("div", { class: "row" }, kit.button("Try again", act("retry", follow), "primary"), kit.button("Choose another database", act("cancel", leave)))],
      cancelled: () => [kit.button("Choose a database", leave, "primary")],
    };
    const leave = () => { location.hash = `store/${row.id}/database`; dispatchEvent(new HashChangeEvent("hashchange")); };
    const cancel = kit.button("Cancel", act("cancel", follow));

    async function follow() {
      let status;
      try {
        status = await st.read(`${job}/status`);
      } catch (error) {
        if (!(error instanceof kit.Problem) || ["SessionExpired", "JobNotFound"].includes(error.code)) throw error;
        words.textContent = error.message;
        return again();
      }
      if (!place.isConnected && title.textContent) return; // the person has left
      title.textContent = NAMES[status.status] ?? status.status;
      bar.value = status.progress;
      words.textContent = [status.message, status.total_tables ? `${status.tables_created} of ${status.total_tables} tables` : ""].filter(Boolean).join(" – ");
      const ending = endings[status.status];
      if (!ending) {
        if (!after.contains(cancel)) after.replaceChildren(cancel);
        return again();
      }
      after.replaceChildren(...ending(status).filter(Boolean));
      title.focus();
    }
    queueMicrotask(() => follow().catch((error) => { after.replaceChildren(kit.banner(error.message, "bad")); }));
    return place;
  };

  const differences = (report) => report?.differences.length && kit.table("Existing tables that do not fit", [
    ["Table", (row) => row.table], ["Column", (row) => row.column], ["Problem", (row) => row.problem], ["Needed", (row) => row.expected], ["There", (row) => row.present],
  ], report.differences);
}
