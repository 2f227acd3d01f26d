/** Backups of a store: make one, download it, restore the store from it. */
{
  st.backups = (place, store) => kit.load(place, async () => {
    const [jobs, backups] = await Promise.all([st.readJobs(store), kit.all(st.call, st.path(store, "backups"))]);
    return { ...jobs, backups };
  }, ({ row, jobs, job, backups }) => {
    const again = () => st.backups(place, store);
    const failed = job ? null : st.failedJob(jobs, "restore", "backup");
    const make = kit.button("Make a backup", kit.act(async () => {
      await st.call("POST", st.path(store, "backups"), { repeatable: true });
      again();
    }), "primary");
    return kit.h("div", { class: "stack" }, st.back(`store/${store}`, row.name),
      (job ?? failed) && st.jobCard(row, job ?? failed, { completed: () => kit.button("Show the backups", again, "primary"), cancelled: () => kit.button("Show the backups", again, "primary") }),
      st.section("Backups", !job && st.hasDatabase(row) && make,
        kit.h("p", { class: "soft" }, "A backup is a ZIP file with a CSV file for each table. It is kept for 30 days."),
        backups.length ? kit.list(backups.map((backup) => entry(store, backup, !job && st.hasDatabase(row)))) : kit.empty("No backups", "Make one before large changes.")));
  });

  const entry = (store, backup, isFree) => [
    kit.h("div", { class: "main" }, kit.h("strong", null, kit.date(backup.created_at)),
      kit.h("p", { class: "soft" }, `${st.number(backup.row_count)} rows, ${st.bytes(backup.byte_size)}. Kept until ${kit.date(backup.expires_at)}.`)),
    kit.h("div", { class: "row" }, kit.h("a", { class: "button", href: backup.url, "aria-label": `Download the backup of ${kit.date(backup.created_at)}` }, "Download"),
      isFree && kit.h("a", { class: "button", href: `#store/${store}/restore/${backup.id}`, "aria-label": `Restore the backup of ${kit.date(backup.created_at)}` }, "Restore"))];

  st.restore = (place, store, id) => kit.load(place, async () => {
    const [row, backups] = await Promise.all([st.read(st.path(store)), kit.all(st.call, st.path(store, "backups"))]);
    return [row, backups.find((each) => each.id === id)];
  }, ([row, backup]) => kit.h("div", { class: "stack" }, st.back(`store/${store}/backups`, "Backups"),
    backup ? [content(backup), way(row, backup)] : kit.banner("This backup is no longer kept.", "warn")));

  const content = (backup) => st.section(`Backup of ${kit.date(backup.created_at)}`, null,
    kit.table("Rows by table", [["Table", ([name]) => name.replaceAll("_", " ")], ["Rows", ([, count]) => st.number(count), "number"]], Object.entries(backup.tables), ""),
    kit.h("details", null, kit.h("summary", null, "SHA-256 of the file"), kit.h("p", { class: "secret" }, backup.sha256)));

  /** Return the form that starts the restore: on the same server, or into another database. */
  function way(row, backup) {
    const below = kit.h("div", { "aria-live": "polite" });
    const start = async (database) => {
      if (!(await kit.confirm("Restore the store?", "The store goes back to this backup: what changed since is not in it. The current database is kept for seven days.", "Restore"))) return;
      await st.call("POST", st.path(row.id, "restore"), { body: { backup: backup.id, ...(database && { database }) }, repeatable: true });
      location.hash = `store/${row.id}/backups`;
    };
    const open = {
      beside: () => kit.h("div", { class: "card" }, kit.form({ label: "Restore", submit: "Restore the store", fields: [], save: () => start() })),
      other: () => st.chooseDatabase(row, { submit: "Restore the store", start }),
    };
    if (row.database_type === "mysql") return open.other();
    return kit.h("div", { class: "stack" }, st.kindCards("Where are the rows restored?", [
      ["beside", "On the same server", "In a new schema beside the current one."],
      ["other", "Another database", "Any of the four kinds."],
    ], (value) => below.replaceChildren(open[value]())), below);
  }
}
