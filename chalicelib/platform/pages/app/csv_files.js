/** CSV files of a store: imports and exports, newest first, and the progress and report of each. */
{
  const FIRST = 1.5, LONGEST = 10; // seconds between two polls; each is a call that the plan counts
  const NAMES = { awaiting_upload: "Waiting for its file", pending: "Waiting for a worker", running: "In progress", completed: "Completed", failed: "Failed", cancelled: "Cancelled" };
  const LOOKS = { completed: "good", failed: "bad", running: "warn", pending: "warn" };
  const MOST = 100; // rejected rows on the page; the report has all
  const isOver = (row) => ["completed", "failed", "cancelled"].includes(row.status);
  const nameOf = (row) => `${row.kind === "import" ? "Import into" : "Export of"} ${row.table.replaceAll("_", " ")}${row.dry_run ? " (check only)" : ""}`;

  st.csvFiles = (place, store) => {
    const call = st.dataOf(store);
    return kit.load(place, async () => (await call("GET", "transfers", { query: { limit: 50 } })).data, ({ items }) => {
      const start = kit.h("a", { class: "button primary", href: `#store/${store}/import` }, "Import a file");
      return kit.h("div", { class: "stack" }, st.back(`store/${store}`, "Store"), items.length ? [kit.h("div", null, start), kit.list(items.map((row) => [
        kit.h("a", { class: "main entry", href: `#store/${store}/csv/${row.id}` }, kit.h("strong", null, nameOf(row)), kit.h("span", { class: "soft" }, `${kit.date(row.created_at)}. ${counts(row)}`)),
        kit.badge(NAMES[row.status], LOOKS[row.status])]))]
        : kit.empty("No files yet", "Import rows from a CSV file, or export those of a table.", start),
      kit.h("p", { class: "soft" }, "Exports start at the rows of a table. Files are kept for 30 days."));
    });
  };

  const counts = (row) => (row.kind === "import"
    ? `${st.number(row.rows_read)} rows read, ${st.number(row.rows_written)} ${row.dry_run ? "valid" : "written"}, ${st.number(row.rows_failed)} rejected.`
    : `${st.number(row.rows_written)} rows.`);

  /** Show a transfer; poll it until it ends or the user leaves the screen. */
  st.csvFile = (place, store, id) => {
    if (!id) return st.csvFiles(place, store);
    const call = st.dataOf(store), path = `transfers/${encodeURIComponent(id)}`;
    const title = kit.h("h2", { tabindex: -1 }), words = kit.h("p", { role: "status" });
    const bar = kit.h("progress", { max: 100, value: 0, "aria-label": "Progress" });
    const after = kit.h("div", { class: "stack" });
    const cancel = kit.button("Cancel", kit.act(async () => { await call("POST", `${path}/cancel`, { repeatable: true }); }));
    let wait = FIRST;

    async function follow() {
      const { data: row } = await call("GET", path);
      title.textContent = nameOf(row);
      bar.value = row.progress;
      const reason = row.status === "pending" && row.error_message; // what it waits for
      words.textContent = `${reason || `${NAMES[row.status]}.`} ${counts(row)}`;
      if (isOver(row)) {
        after.replaceChildren(...ending(store, row));
        title.focus();
        return;
      }
      if (!cancel.isConnected) after.replaceChildren(cancel);
      wait = Math.min(wait * 1.2, LONGEST);
      setTimeout(watch, wait * 1000);
    }
    const watch = () => card.isConnected && follow().catch((error) => { after.replaceChildren(kit.banner(error.message, "bad", kit.button("Try again", watch))); });
    const card = kit.h("div", { class: "card stack" }, title, bar, words, after);
    place.replaceChildren(kit.h("div", { class: "stack" }, st.back(`store/${store}/csv`, "CSV files"), card));
    return watch();
  };

  function ending(store, row) {
    const report = kit.h("div");
    if (row.report_url) kit.load(report, () => rejectedRows(row.report_url), (rows) => rejected(row, rows));
    return [row.status === "failed" && kit.banner(row.error_message ?? "The transfer failed.", "bad"),
      row.kind === "import" && row.status === "completed" && !row.rows_failed && kit.banner(row.dry_run ? "Every row is valid. Nothing was written." : "Every row was written.", "good"),
      row.report_url && report,
      kit.h("div", { class: "row" }, row.kind === "export" && row.status === "completed" && row.file_url && kit.h("a", { class: "button primary", href: row.file_url }, "Download the file"),
        row.kind === "import" && kit.h("a", { class: "button", href: `#store/${store}/import/${row.table}` }, "Import another file"),
        kit.h("a", { class: "button", href: `#store/${store}/rows/${row.table}` }, "Show the rows"))].filter(Boolean);
  }

  const rejected = (row, rows) => kit.h("div", { class: "stack" },
    kit.table("Rejected rows", [["Line", (each) => each.line], ["Column", (each) => each.column], ["Reason", (each) => st.text(each.reason)]], rows.slice(0, MOST)),
    rows.length > MOST && kit.h("p", { class: "soft" }, `The first ${MOST} of ${st.number(rows.length)}.`),
    kit.h("div", null, kit.h("a", { class: "button", href: row.report_url }, "Download the report")));

  /** Read a report: a CSV file with the columns line, column and reason. */
  async function rejectedRows(url) {
    const response = await fetch(url).catch(() => null);
    if (!response?.ok) throw new kit.Problem("Offline", "The report could not be read. Load the page again.");
    return st.parseCsv(await response.text()).slice(1).map(([line, column, reason]) => ({ line, column, reason }));
  }

  /** Return the rows of a CSV text as lists of values, by RFC 4180. */
  st.parseCsv = (text) => {
    const rows = [];
    let row = [];
    for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
      row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
      if (end === ",") continue;
      if (row.length > 1 || row[0]) rows.push(row);
      row = [];
    }
    return rows;
  };
}
