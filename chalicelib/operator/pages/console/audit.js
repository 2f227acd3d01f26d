/** The audit log: of a store, of the platform, or of an account, in a range of time. */
{
  const said = (value) => (value === undefined || value === null ? "–" : typeof value === "string" ? value : JSON.stringify(value));

  /** Return the changed fields of an entry, each before and after. */
  const changes = ({ before, after }) => {
    const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
    return names.length ? op.facts(names.map((name) => [name, before ? `${said(before[name])} → ${said(after?.[name])}` : said(after[name])])) : "";
  };

  op.audit = (panel, scope) => {
    const table = kit.h("div");
    const search = (values) => op.list(table, { path: "platform/audit", caption: "Entries, newest first", empty: ["No entries", "There were no changes in this period."],
      query: { scope: values.scope, actor: values.actor, from: op.time(values.since), to: op.time(values.until) }, columns: [
        ["Time", (row) => kit.date(row.created_at)], ["Action", (row) => row.action], ["By", (row) => kit.h("span", null, kit.badge(row.actor_type), " ", kit.h("code", null, row.actor_id))],
        ["Target", (row) => kit.h("code", null, row.target)], ["Changes", changes],
      ] });
    panel.replaceChildren(kit.h("div", { class: "stack" }, op.heading("Audit log"), op.filters("Entries", [
      kit.field({ name: "scope", label: "Scope", hint: "A store's id, or platform.", value: scope ? decodeURIComponent(scope) : "platform", maxlength: 64, autocomplete: "off", spellcheck: "false" }),
      kit.field({ name: "actor", label: "Or account", hint: "The id of the account that made the changes; in all scopes.", maxlength: 64, autocomplete: "off", spellcheck: "false" }),
      op.sinceField(), kit.field({ name: "until", label: "Until", type: "datetime-local", hint: "In your time zone." }),
    ], search), table));
  };
}
