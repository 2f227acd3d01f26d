/** Parts that several screens share. */
{
  const NUMBER = new Intl.NumberFormat();
  const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

  st.number = (value) => NUMBER.format(value);
  st.bytes = (value) => {
    const at = value ? Math.min(Math.floor(Math.log10(value) / 3), UNITS.length - 1) : 0;
    return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: at ? 1 : 0 }).format(value / 1000 ** at)} ${UNITS[at]}`;
  };
  st.text = (value) => kit.h("span", { dir: "auto" }, value ?? "");
  st.path = (store, rest = "") => `stores/${encodeURIComponent(store)}${rest && "/" + rest}`;
  st.back = (to, text) => kit.h("p", null, kit.h("a", { class: "button bare", href: "#" + to }, "← " + text));

  const LOOKS = { active: "good", provisioning: "warn", moving: "warn", suspended: "bad", failed: "bad", deleting: "bad" };
  st.databaseBadge = (store) => (store.is_active ? kit.badge(store.database_status ?? "no database", LOOKS[store.database_status] ?? "") : kit.badge("suspended", "bad"));

  st.KINDS = {
    shared: ["Shared", "A schema of your own on one of our servers. Ready in seconds."],
    "supabase-database": ["Supabase", "A project in your organization, new or existing."],
    postgresql: ["PostgreSQL", "Your own server, version 13 or later."],
    mysql: ["MySQL or MariaDB", "Your own server: MySQL 8.0.16, MariaDB 10.6, or later."],
  };

  /** Return whether the store has a database in use. */
  st.hasDatabase = (row) => Boolean(row.database_type) && ["active", "moving", "suspended"].includes(row.database_status);
  /** Return whether its tables are on a server of the owner. */
  st.isConnected = (row) => st.hasDatabase(row) && row.database_type !== "shared";
  st.databaseName = (row) => `${st.KINDS[row.database_type]?.[0] ?? row.database_type}${row.database_host ? ` at ${row.database_host}` : ""}`;

  /** Return a handler that shows errors of `<part>.<kind>.<field>` beside the fields. */
  st.named = (part) => (error) => {
    if (error.fields) error.fields = Object.fromEntries(Object.entries(error.fields).map(([path, text]) => [path.replace(new RegExp(`^${part}\\.([\\w-]+\\.)?`), ""), text]));
    throw error;
  };

  /** Return radio buttons as cards; `kinds` are `[value, title, text]`, `choose(value)` is called with the chosen one. */
  st.kindCards = (legend, kinds, choose) => kit.h("fieldset", { class: "stack" }, kit.h("legend", null, legend), kit.h("div", { class: "kinds" }, kinds.map(([value, title, about]) => {
    const input = kit.h("input", { type: "radio", name: "kind", value, onchange: () => choose(value) });
    return kit.h("label", { class: "kind" }, input, kit.h("strong", null, title), kit.h("span", { class: "soft" }, about));
  })));

  /** Return a section with a heading, actions beside it, and its content. */
  st.section = (title, actions, ...content) => {
    const name = kit.id("section");
    return kit.h("section", { class: "card stack", "aria-labelledby": name },
      kit.h("div", { class: "row apart" }, kit.h("h2", { id: name }, title), actions && kit.h("div", { class: "row" }, actions)), content);
  };
}
