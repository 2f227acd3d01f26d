/** The choice of a database: four kinds, a test of the connection, and the start of the job that creates it. */
{
  const SECRET = { type: "password", autocomplete: "off", required: true, maxlength: 256, spellcheck: "false" };
  const PLAIN = { required: true, spellcheck: "false", autocapitalize: "none", autocomplete: "off" };
  const server = (port, schema) => [
    kit.field({ name: "host", label: "Host", ...PLAIN, maxlength: 253, placeholder: "db.example.com" }),
    kit.field({ name: "port", label: "Port", type: "number", value: port, min: 1024, max: 65535, required: true }),
    kit.field({ name: "database", label: "Database", ...PLAIN, maxlength: 64 }),
    schema && kit.field({ name: "schema", label: "Schema", ...PLAIN, maxlength: 63, value: "store", hint: "It is created if it does not exist. Existing tables are compared, never changed." }),
    kit.field({ name: "username", label: "User", ...PLAIN, maxlength: 63, hint: "It creates the tables. If it may create users, the store runs as one with fewer rights." }),
    kit.field({ name: "password", label: "Password", ...SECRET }),
    kit.field({ name: "ca_certificate", label: "CA certificate (optional)", tag: "textarea", maxlength: 16384, spellcheck: "false", hint: "PEM, if no public authority signed the server's certificate." }),
  ].filter(Boolean);
  const FIELDS = {
    shared: () => [],
    postgresql: () => server(5432, true),
    mysql: () => server(3306, false),
    "supabase-database": () => [
      kit.field({ name: "access_token", label: "Access token", ...SECRET, hint: "From your Supabase account. It is kept until the job ends." }),
      kit.field({ name: "organization", label: "Organization, for a new project", ...PLAIN, required: false, maxlength: 64 }),
      kit.field({ name: "region", label: "Region, for a new project", ...PLAIN, required: false, placeholder: "eu-central-1" }),
      kit.field({ name: "project", label: "Project, for an existing one", ...PLAIN, required: false, pattern: "[a-z]{20}", hint: "The 20 letters in its address." }),
      kit.field({ name: "password", label: "Database password of the existing project", ...SECRET, required: false }),
    ],
  };

  /** Return what a form asks for: without empty fields, with its kind. */
  const connection = (type, values) => ({ type, ...Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "" && value !== null)) });

  /** Show errors of `database.<kind>.<field>` beside the fields. */
  const named = (error) => {
    if (error.fields) error.fields = Object.fromEntries(Object.entries(error.fields).map(([path, text]) => [path.replace(/^database\.([\w-]+\.)?/, ""), text]));
    throw error;
  };

  /** Show the store's job if it runs or failed, else the choice of a database. */
  st.database = (place, store) => kit.load(place, async () => {
    const [row, jobs] = await Promise.all([st.read(st.path(store)), st.read(st.path(store, "provision"), { limit: 1 })]);
    return [row, jobs.items[0]];
  }, ([row, job]) => {
    if (row.active_job) return st.progress(place, row, row.active_job);
    if (row.database_status === "active") return kit.h("div", { class: "stack" }, st.back(`store/${store}`, row.name), kit.banner("The store has a database already.", "good"));
    return job?.status === "failed" ? st.progress(place, row, job.id) : st.chooseDatabase(place, row);
  });

  st.chooseDatabase = (place, row) => {
    const form = kit.h("div", { "aria-live": "polite" });
    const choose = (type) => form.replaceChildren(formOf(place, row, type));
    const kinds = Object.entries(st.KINDS).map(([type, [title, about]]) => {
      const input = kit.h("input", { type: "radio", name: "kind", value: type, onchange: () => choose(type) });
      return kit.h("label", { class: "kind" }, input, kit.h("strong", null, title), kit.h("span", { class: "soft" }, about));
    });
    return kit.h("div", { class: "stack" }, st.back(`store/${row.id}`, row.name),
      kit.h("fieldset", { class: "stack" }, kit.h("legend", null, "Which kind of database?"), kit.h("div", { class: "kinds" }, kinds)), form);
  };

  function formOf(place, row, type) {
    const result = kit.h("div", { role: "status" });
    const body = () => ({ database: connection(type, kit.values(form)) });
    const test = kit.button("Test the connection", kit.act(async () => {
      result.replaceChildren();
      if (!form.reportValidity()) return;
      try {
        const { data } = await st.call("POST", st.path(row.id, "database/test"), { body: body() });
        const found = data.existing_tables.length ? ` The tables ${data.existing_tables.join(", ")} exist; they are compared when the store is made.` : "";
        result.replaceChildren(kit.banner(`The connection works${data.version ? `: version ${data.version}` : ""}.${found}`, "good"));
      } catch (error) {
        if (!(error instanceof kit.Problem)) throw error;
        result.replaceChildren(kit.banner(Object.values(error.fields)[0] ?? error.message, "bad"));
      }
    }));
    const form = kit.form({ label: st.KINDS[type][0], submit: "Make the database", fields: FIELDS[type](), save: async () => {
      await st.call("POST", st.path(row.id, "provision"), { body: body(), repeatable: true }).catch(named);
      st.database(place, row.id);
    } });
    form.querySelector(".row").append(test);
    form.append(result);
    return kit.h("div", { class: "card" }, form);
  }
}
