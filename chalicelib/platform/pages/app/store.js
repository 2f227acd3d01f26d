/** A store: what it uses of its plan, its database, and ways to its rows, keys and settings. */
{
  const METERS = [
    ["product_count", "max_products", "Products", st.number],
    ["orders_month", "max_orders_per_month", "Orders this month", st.number],
    ["api_calls_month", "max_api_calls_per_month", "API calls this month", st.number],
    ["storage_used_bytes", "max_storage_gb", "Storage", st.bytes, 1e9],
  ];

  const meter = (row, [column, limit, label, shown, unit = 1]) => {
    const most = row.limits[limit] === undefined ? undefined : row.limits[limit] * unit;
    const text = most === undefined ? shown(row[column]) : `${shown(row[column])} of ${shown(most)}`;
    return kit.h("li", null, kit.h("strong", null, label), most !== undefined && kit.h("progress", { max: most || 1, value: Math.min(row[column], most || 1), "aria-label": `${label}: ${text}` }), kit.h("span", { class: "soft" }, text));
  };

  st.store = (place, id) => kit.load(place, () => st.call("GET", st.path(id)), ({ data: row, etag }) => {
    st.retitle(row.name);
    const isReady = ["active", "moving"].includes(row.database_status);
    return kit.h("div", { class: "stack" }, st.back("stores", "Stores"),
      !row.is_active && kit.banner(`The store is suspended: ${row.suspended_reason ?? "ask us for the reason"}.`, "bad"),
      st.section("Database", st.databaseBadge(row),
        row.active_job ? kit.h("a", { class: "button primary", href: `#store/${id}/database` }, "Show the progress")
          : isReady ? kit.h("p", null, `${st.KINDS[row.database_type]?.[0] ?? row.database_type}${row.database_host ? ` at ${row.database_host}` : ""}`)
            : kit.h("a", { class: "button primary", href: `#store/${id}/database` }, "Choose a database"),
        isReady && kit.h("div", { class: "row" }, kit.h("a", { class: "button", href: `#store/${id}/rows` }, "Rows"), kit.h("a", { class: "button", href: `#store/${id}/keys` }, "Keys"))),
      st.section(`Plan: ${row.subscription_plan}`, kit.badge(row.subscription_status, row.subscription_status === "active" ? "good" : "warn"),
        kit.h("ul", { class: "meters" }, METERS.map((each) => meter(row, each)))),
      st.section("Settings", null, kit.form({ label: "Settings", reload: () => st.store(place, id), fields: [
        kit.field({ name: "name", label: "Name", value: row.name, required: true, maxlength: 100 }),
        kit.field({ name: "slug", label: "Short name", value: row.slug, required: true, minlength: 3, maxlength: 63, pattern: "[a-z0-9]+(-[a-z0-9]+)*", spellcheck: "false", hint: "After a change, the former one is kept for you for 90 days." }),
        kit.field({ name: "is_published", label: "The store is published.", type: "checkbox", value: row.is_published }),
      ], save: async (values) => {
        await st.call("PATCH", st.path(id), { etag, body: values });
        kit.toast("Saved.");
        st.store(place, id);
      } })));
  });
}
