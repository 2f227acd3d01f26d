/** Stores of all owners: found by short name, by owner, or by the status of the database. */
{
  const STATUSES = ["failed", "provisioning", "moving", "suspended", "deleting", "active"];
  const storeColumns = [
    ["Store", (row) => kit.h("a", { href: "#stores/" + row.id, dir: "auto" }, row.name)], ["Short name", (row) => kit.h("code", null, row.slug)],
    ["Owner", (row) => kit.h("code", null, row.owner_id)], ["Database", (row) => row.database_type ?? "none"],
    ["Status", (row) => kit.h("span", { class: "row tight" }, op.status(row.database_status), !row.is_active && row.database_status !== "suspended" && kit.badge("suspended", "warn"))],
    ["Plan", (row) => row.subscription_plan], ["Last call", (row) => kit.date(row.last_activity_at)],
  ];

  /** Return the filter for the API. An owner's e-mail address is looked up, which is audited. */
  async function queryOf({ slug, owner, status }) {
    if (slug) return { slug };
    if (!owner.includes("@")) return owner ? { owner_id: owner } : { database_status: status };
    const { items: [account] } = await op.read("platform/users", { email: owner });
    return account && { owner_id: account.id };
  }

  op.stores = (panel, id) => {
    if (id) return op.store(panel, decodeURIComponent(id));
    const table = kit.h("div");
    const search = (values) => kit.load(table, () => queryOf(values), (query) => {
      if (!query) return kit.empty("No account", "No owner has this e-mail address.");
      const place = kit.h("div");
      op.list(place, { path: "platform/stores", query, caption: "Stores", columns: storeColumns,
        empty: ["No stores", query.slug ? "No store has this short name." : query.owner_id ? "The owner has no store." : "No store's database has this status."] });
      return place;
    });
    panel.replaceChildren(kit.h("div", { class: "stack" }, op.heading("Stores"), op.filters("Stores", [
      kit.field({ name: "status", label: "Status of the database", tag: "select", options: STATUSES.map((each) => [each, each]) }),
      kit.field({ name: "owner", label: "Or owner", hint: "An id or an e-mail address.", autocomplete: "off", spellcheck: "false" }),
      kit.field({ name: "slug", label: "Or short name", hint: "As in the store's address.", autocomplete: "off", spellcheck: "false", autocapitalize: "none", placeholder: "tea-house" }),
    ], search), table));
  };
}
