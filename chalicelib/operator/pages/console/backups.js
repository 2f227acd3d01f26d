/** Backups of a store: list, create and restore. Shown to operators only. */
{
  const storePath = (store, rest) => `stores/${encodeURIComponent(store)}/${rest}`;

  /** Show the card of a store's backups. `after()` is called when a job begins. */
  op.storeBackups = (place, store, after) => {
    const table = kit.h("div");
    place.replaceChildren(kit.h("section", { class: "card stack", "aria-label": "Backups" }, kit.h("h3", null, "Backups"),
      kit.h("p", { class: "soft" }, "A backup has all rows of the store. Listing backups is recorded in the audit log."),
      kit.h("div", { class: "row" }, op.changeButton("Back up now", () => backUp(store, after)), kit.button("Show the backups", () => showBackups(table, store, after))), table));
  };

  const showBackups = (place, store, after) => op.list(place, { call: op.platform, path: storePath(store, "backups"), caption: "Backups of the last 30 days, newest first",
    empty: ["No backups", "The store was not backed up in the last 30 days."], columns: [
      ["Rows as of", (row) => kit.date(row.created_at)], ["Backup", (row) => kit.h("code", null, row.id)], ["Rows", (row) => op.number(row.row_count), "number"],
      ["Size", (row) => op.bytes(row.byte_size), "number"], ["Kept until", (row) => kit.date(row.expires_at)],
      ["Action", (row) => kit.h("div", { class: "row" },
        kit.h("a", { class: "button", href: row.url, rel: "noreferrer", "aria-label": "Download backup " + row.id }, "Download"),
        op.changeButton("Restore", () => restore(row, store, after), "", { "aria-label": "Restore backup " + row.id }))],
    ] });

  async function backUp(store, after) {
    const { data, status } = await op.platform("POST", storePath(store, "backups"), { body: {}, repeatable: true });
    kit.toast(status === 200 ? `A job is in progress already: ${data.message}` : "The backup is being made.");
    after();
  }

  async function restore(row, store, after) {
    const text = `The store gets the rows as of ${kit.date(row.created_at)}, in a new place. What changed since then is not in it. The current place stays for 7 days.`;
    if (!(await kit.confirm("Restore this backup?", text, "Restore"))) return;
    const { data, status } = await op.platform("POST", storePath(store, "restore"), { body: { backup: row.id }, repeatable: true });
    kit.toast(status === 200 ? `A job is in progress already: ${data.message}` : "The backup is being restored.");
    after();
  }
}
