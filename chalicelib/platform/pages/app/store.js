/** A store: its usage, its database, and links to its rows, files, backups and settings. */
{
  const NEAR = 80; // percent of a limit from which the page warns
  const METERS = [
    ["product_count", "max_products", "Products", st.number],
    ["orders_month", "max_orders_per_month", "Orders this month", st.number],
    ["api_calls_month", "max_api_calls_per_month", "API calls this month", st.number],
    ["storage_used_bytes", "max_storage_gb", "Storage", st.bytes, 1e9],
  ];
  const WAYS = [["rows", "Rows"], ["csv", "CSV files"], ["backups", "Backups"], ["move", "Move"], ["keys", "Keys"]];

  /** Return what a store uses of each limit: label, text, and the percentage used. */
  const usage = (row) => METERS.map(([column, limit, label, textOf, unit = 1]) => {
    const most = row.limits[limit] === undefined ? null : row.limits[limit] * unit;
    const percent = most ? Math.floor((row[column] / most) * 100) : 0;
    return { label, most, used: row[column], percent, text: most === null ? textOf(row[column]) : `${textOf(row[column])} of ${textOf(most)}` };
  });

  const meter = ({ label, most, used, percent, text }) => kit.h("li", null, kit.h("div", { class: "row apart" }, kit.h("strong", null, label), percent >= NEAR && kit.badge(`${percent} % used`, percent >= 100 ? "bad" : "warn")),
    most !== null && kit.h("progress", { class: percent >= 100 ? "full" : percent >= NEAR ? "near" : "", max: most || 1, value: Math.min(used, most || 1), "aria-label": `${label}: ${text}` }), kit.h("span", { class: "soft" }, text));

  /** Return the warning of a store that is near a limit. */
  const warning = (row) => {
    const near = usage(row).filter(({ percent }) => percent >= NEAR);
    if (!near.length) return null;
    const list = near.map(({ label, percent }) => `${label}: ${percent} % used`).join(". ");
    return kit.banner(`${list}. At a limit, new entries are refused. A larger plan allows more.`, near.some(({ percent }) => percent >= 100) ? "bad" : "warn");
  };

  /** Return the screens of the store's data: of a store that is being deleted, its backups. */
  const ways = (row) => WAYS.filter(([part]) => st.hasDatabase(row) || (row.deletion_due_at && row.database_type && part === "backups"));

  const database = (row) => st.section("Database", st.databaseBadge(row),
    st.hasDatabase(row) && kit.h("p", null, st.databaseName(row)),
    row.active_job ? kit.h("a", { class: "button primary", href: `#store/${row.id}/database` }, "Show the progress")
      : !st.hasDatabase(row) && !row.deletion_due_at && kit.h("a", { class: "button primary", href: `#store/${row.id}/database` }, "Choose a database"),
    ways(row).length > 0 && kit.h("nav", { class: "row", "aria-label": "The store's data" }, ways(row).map(([part, text]) => kit.h("a", { class: "button", href: `#store/${row.id}/${part}` }, text))));

  const media = (row) => st.section("Media storage", row.storage_status && kit.badge(row.storage_status, row.storage_status === "active" ? "good" : "bad"),
    kit.h("p", null, row.storage_type ? `${st.storageName(row)}.` : "No bucket yet. Pictures and files of the store go to a bucket of yours."),
    kit.h("div", null, kit.h("a", { class: "button", href: `#store/${row.id}/storage` }, row.storage_type ? "Change the bucket" : "Choose a bucket")));

  const settings = (row, etag, again) => st.section("Settings", null, kit.form({ label: "Settings", reload: again, fields: [
    kit.field({ name: "name", label: "Name", value: row.name, required: true, maxlength: 100 }),
    kit.field({ name: "slug", label: "Short name", value: row.slug, required: true, minlength: 3, maxlength: 63, pattern: "[a-z0-9]+(-[a-z0-9]+)*", spellcheck: "false", hint: "After a change, the former one is kept for you for 90 days." }),
    kit.field({ name: "is_published", label: "The store is published.", type: "checkbox", value: row.is_published }),
  ], save: async (values) => {
    await st.call("PATCH", st.path(row.id), { etag, body: values });
    kit.toast("Saved.");
    again();
  } }));

  st.store = (place, id) => {
    const again = () => st.store(place, id);
    kit.load(place, () => st.call("GET", st.path(id)), ({ data: row, etag }) => {
      st.retitle(place, row.name);
      return kit.h("div", { class: "stack" }, st.back("stores", "Stores"),
        st.deletionBanner(row, again),
        !row.is_active && kit.banner(`The store is suspended: ${row.suspended_reason ?? "ask us for the reason"}.`, "bad"),
        row.database_status === "moving" && kit.banner("The store is switching to another database. Reading works; changes wait for a moment.", "warn"),
        warning(row),
        database(row),
        st.section(`Plan: ${row.subscription_plan}`, kit.badge(row.subscription_status, row.subscription_status === "active" ? "good" : "warn"),
          kit.h("ul", { class: "meters" }, usage(row).map(meter))),
        st.hasDatabase(row) && st.figures(row),
        st.hasDatabase(row) && media(row),
        !row.deletion_due_at && settings(row, etag, again),
        !row.deletion_due_at && st.section("Delete the store", null, kit.h("p", null, "You can undo this for 30 days."), kit.h("div", null, kit.h("a", { class: "button danger", href: `#store/${id}/delete` }, "Delete the store"))));
    });
  };
}
