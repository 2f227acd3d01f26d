/** A move of a store's rows from a legacy database, whose tables several stores share. */
{
  const HINTS = { schema: "It has the tables of the existing store.", user: "It only reads. A user with SELECT is enough." };
  const SOURCES = { postgresql: [5432, true], mysql: [3306, false] };

  st.takeover = (place, store) => kit.load(place, () => st.read(st.path(store)), (row) => {
    if (row.active_job || row.database_type) {
      location.replace(`#store/${store}/database`);
      return kit.loading();
    }
    const frame = kit.h("div", { "aria-live": "polite" });
    const kinds = Object.keys(SOURCES).map((type) => [type, ...st.KINDS[type]]);
    return kit.h("div", { class: "stack" }, st.back(`store/${store}/database`, "Database"),
      kit.h("p", null, "The existing database holds several stores: each row names its store in the column store_id. It is only read. Its tables must have the same names as Backroom's; columns are matched by name."),
      st.kindCards("Where are the rows now?", kinds, (type) => frame.replaceChildren(sourceForm(place, row, type))), frame);
  });

  const sourceForm = (place, row, type) => kit.h("div", { class: "card" }, kit.form({ label: st.KINDS[type][0], submit: "Next", fields: [
    ...st.serverFields(...SOURCES[type], HINTS),
    kit.field({ name: "store_id", label: "Value of store_id", required: true, maxlength: 100, spellcheck: "false", autocapitalize: "none", autocomplete: "off" }),
  ], save: ({ store_id, ...values }) => chooseTarget(place, row, { database: st.connection(type, values), store_id }) }));

  /** Show the choice of the new database, the target of the job. */
  function chooseTarget(place, row, source) {
    const title = kit.h("h2", { tabindex: -1 }, "Where do the rows go?");
    place.replaceChildren(kit.h("div", { class: "stack" }, st.back(`store/${row.id}/database`, "Database"), title,
      st.chooseDatabase(row, { submit: "Take over the rows", start: async (database) => {
        await st.call("POST", st.path(row.id, "move"), { body: { database, from: source }, repeatable: true });
        location.hash = `store/${row.id}/move`;
      } })));
    title.focus();
  }
}
