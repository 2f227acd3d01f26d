/** The list of stores, and a new one. */
{
  const zones = () => Intl.supportedValuesOf?.("timeZone") ?? ["UTC"];
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

  st.stores = (place) => kit.load(place, () => kit.all(st.call, "stores"), (items) => (items.length
    ? kit.h("div", { class: "stack" }, kit.h("div", null, kit.h("a", { class: "button primary", href: "#new" }, "New store")),
      kit.list(items.map((store) => [kit.h("a", { class: "main entry", href: `#store/${store.id}` }, kit.h("strong", { dir: "auto" }, store.name),
        kit.h("span", { class: "soft" }, `${store.slug}, ${store.subscription_plan} plan`)), st.databaseBadge(store)])))
    : kit.empty("No stores yet", "A store has a name, a currency, and a database of its own.", kit.h("a", { class: "button primary", href: "#new" }, "New store"))));

  /** Suggest a slug for a name. */
  const slugOf = (name) => name.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 63);

  st.newStore = (place) => {
    const name = kit.field({ name: "name", label: "Name", required: true, maxlength: 100 });
    const slug = kit.field({ name: "slug", label: "Short name", hint: "3 to 63 of a to z, 0 to 9 and single hyphens. It is unique among all stores.", required: true, minlength: 3, maxlength: 63, pattern: "[a-z0-9]+(-[a-z0-9]+)*", spellcheck: "false", autocapitalize: "none" });
    let isOwn = false;
    slug.addEventListener("input", () => { isOwn = true; });
    name.addEventListener("input", () => { if (!isOwn) slug.querySelector("input").value = slugOf(name.querySelector("input").value); });
    place.replaceChildren(kit.h("div", { class: "stack narrow" }, st.back("stores", "Stores"), kit.h("div", { class: "card" }, kit.form({ label: "New store", submit: "Create the store", fields: [name, slug,
      kit.field({ name: "currency", label: "Currency", hint: "A code such as EUR, USD or JPY. It cannot change later.", value: "USD", required: true, pattern: "[A-Z]{3}", maxlength: 3, spellcheck: "false", autocapitalize: "characters" }),
      kit.field({ name: "timezone", label: "Time zone", tag: "select", options: [...new Set([own, ...zones(), "UTC"])].map((zone) => [zone, zone.replaceAll("_", " ")]), value: own }),
      kit.field({ name: "region", label: "Region of the database (optional)", hint: "For a shared or a Supabase database, such as eu-central-1.", pattern: "[a-z]{2}(-[a-z]+)+-[0-9]", maxlength: 30, spellcheck: "false", autocapitalize: "none" }),
    ], save: async (values) => {
      const { data } = await st.call("POST", "stores", { key: true, body: { ...values, region: values.region || null } });
      location.hash = `store/${data.id}/database`;
    } }))));
  };
}
