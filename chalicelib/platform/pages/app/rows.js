/** The rows of a store's tables: filter, sort, edit. */
{
  const OPERATORS = [["ilike", "contains"], ["eq", "is"], ["ne", "is not"], ["gte", "is at least"], ["lte", "is at most"], ["is", "is null or not_null"]];
  const SHOWN = 6; // columns of the table; the rest is in the form
  const LAST = ["version", "created_at", "updated_at"];
  const idOf = (table, row) => table.key.map((name) => row[name]).join(":");
  const isWritable = (table) => table.columns.some((column) => !column.is_read_only);

  st.rows = (place, store, name) => {
    const call = st.dataOf(store);
    kit.load(place, async () => (await call("GET", "schema")).data, ({ tables }) => {
      const table = tables.find((each) => each.name === name) ?? tables.find((each) => each.name === "products") ?? tables[0];
      const list = kit.h("div");
      const choice = kit.field({ name: "table", label: "Table", tag: "select", options: tables.map((each) => [each.name, each.name.replaceAll("_", " ")]), value: table.name });
      choice.querySelector("select").addEventListener("change", (event) => { location.hash = `store/${store}/rows/${event.target.value}`; });
      const search = (query = {}) => showRows(list, { call, store, table, query, again: () => search(query) });
      search();
      return kit.h("div", { class: "stack" }, st.back(`store/${store}`, "Store"), kit.h("div", { class: "card stack" }, choice, filterForm(table, search)), list);
    });
  };

  function filterForm(table, search) {
    const columns = table.columns.map((column) => [column.name, column.name.replaceAll("_", " ")]);
    const form = kit.form({ label: "Filter", submit: "Show", fields: [kit.h("div", { class: "filter" },
      kit.field({ name: "column", label: "Column", tag: "select", options: columns, value: columns.find(([name]) => ["name", "title", "code", "email", "number"].includes(name))?.[0] }),
      kit.field({ name: "operator", label: "Comparison", tag: "select", options: OPERATORS }),
      kit.field({ name: "value", label: "Value", hint: "", spellcheck: "false" }),
      kit.field({ name: "sort", label: "Sort by", tag: "select", options: [["", "Key"], ...columns.flatMap(([name, label]) => [[name, label], ["-" + name, label + ", descending"]])] }))],
    save: async ({ column, operator, value, sort }) => {
      const text = operator === "ilike" ? `%${value.replace(/[\\%_]/g, "\\$&")}%` : value;
      search({ sort, ...(value && { [`${column}.${operator}`]: text }) });
    } });
    return form;
  }

  /** Start the export of the rows that a filter selects, and show its progress. */
  async function exportRows(call, store, table, { sort, ...filter }) {
    const { data } = await call("POST", "transfers", { key: true, body: { kind: "export", table: table.name, filter } });
    location.hash = `store/${store}/csv/${data.id}`;
  }

  function showRows(place, { call, store, table, query, again }) {
    const path = encodeURIComponent(table.name);
    const read = async (cursor) => (await call("GET", path, { query: { ...query, limit: 25, cursor } })).data;
    const edit = (row) => kit.act(async () => {
      const id = `${path}/${encodeURIComponent(idOf(table, row))}`;
      const { data, etag } = await call("GET", id);
      const changed = (text) => { kit.toast(text); again(); };
      st.rowDialog(`${table.name.replaceAll("_", " ")}: a row`, table, data, async (body) => {
        if (Object.keys(body).length) await call("PATCH", id, { etag, body });
        changed("Saved.");
      }, async () => {
        await call("DELETE", id, { etag });
        changed("Deleted.");
      });
    });
    const add = () => st.rowDialog(`${table.name.replaceAll("_", " ")}: a new row`, table, null, async (body) => {
      await call("POST", path, { key: true, body });
      kit.toast("Created.");
      again();
    });
    const visible = table.columns.filter(({ name }) => name !== "id" && !LAST.includes(name)).slice(0, SHOWN);
    const columns = visible.map((column, n) => [column.name.replaceAll("_", " "), (row) => {
      const text = st.text(st.shown(column, row[column.name]) || (n ? "" : "(empty)"));
      return n || !isWritable(table) ? text : kit.button(text, edit(row), "bare");
    }, ["decimal", "integer"].includes(column.type) ? "number" : ""]);
    return kit.load(place, () => read(), (first) => {
      const writing = isWritable(table) ? [kit.button("New row", add, "primary"), kit.h("a", { class: "button", href: `#store/${store}/import/${table.name}` }, "Import CSV")] : [];
      if (!first.items.length) return kit.empty("No rows", "The table has no rows with these filters.", kit.h("div", { class: "row" }, writing));
      const actions = kit.h("div", { class: "row" }, writing, kit.button("Export CSV", kit.act(() => exportRows(call, store, table, query))));
      const all = [...first.items];
      let cursor = first.next_cursor;
      const frame = kit.h("div");
      const draw = () => frame.replaceChildren(kit.table(table.name.replaceAll("_", " "), columns, all));
      const more = kit.button("Show more", kit.act(async () => {
        const page = await read(cursor);
        all.push(...page.items);
        cursor = page.next_cursor;
        more.hidden = !cursor;
        draw();
      }));
      more.hidden = !cursor;
      draw();
      return kit.h("div", { class: "stack" }, actions, frame, more);
    });
  }
}
