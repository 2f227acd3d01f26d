/** The choice of a database: four kinds, a test of the connection, and the start of the job that uses it. */
{
  const SECRET = { type: "password", autocomplete: "off", required: true, maxlength: 256, spellcheck: "false" };
  const PLAIN = { required: true, spellcheck: "false", autocapitalize: "none", autocomplete: "off" };
  const HINTS = { schema: "It is created if it does not exist. Existing tables are compared, never changed.", user: "It creates the tables. If it may create users, the store runs as one with fewer rights." };

  /** Return the fields of a server of the owner. */
  st.serverFields = (port, schema, hints = HINTS) => [
    kit.field({ name: "host", label: "Host", ...PLAIN, maxlength: 253, placeholder: "db.example.com" }),
    kit.field({ name: "port", label: "Port", type: "number", value: port, min: 1024, max: 65535, required: true }),
    kit.field({ name: "database", label: "Database", ...PLAIN, maxlength: 64 }),
    schema && kit.field({ name: "schema", label: "Schema", ...PLAIN, maxlength: 63, value: "store", hint: hints.schema }),
    kit.field({ name: "username", label: "User", ...PLAIN, maxlength: 63, hint: hints.user }),
    kit.field({ name: "password", label: "Password", ...SECRET }),
    kit.field({ name: "ca_certificate", label: "CA certificate (optional)", tag: "textarea", maxlength: 16384, spellcheck: "false", hint: "PEM, if no public authority signed the server's certificate." }),
  ].filter(Boolean);
  const FIELDS = {
    shared: () => [],
    postgresql: () => st.serverFields(5432, true),
    mysql: () => st.serverFields(3306, false),
    "supabase-database": () => [
      kit.field({ name: "access_token", label: "Access token", ...SECRET, hint: "From your Supabase account. It is kept until the job ends." }),
      kit.field({ name: "organization", label: "Organization, for a new project", ...PLAIN, required: false, maxlength: 64 }),
      kit.field({ name: "region", label: "Region, for a new project", ...PLAIN, required: false, placeholder: "eu-central-1" }),
      kit.field({ name: "project", label: "Project, for an existing one", ...PLAIN, required: false, pattern: "[a-z]{20}", hint: "The 20 letters in its address." }),
      kit.field({ name: "password", label: "Database password of the existing project", ...SECRET, required: false }),
    ],
  };

  /** Return what a form asks for: without empty fields, with its kind. */
  st.connection = (type, values) => ({ type, ...Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "" && value !== null)) });

  /** Show the store's job if it runs or failed, else the choice of a database. */
  st.database = (place, store) => kit.load(place, () => st.readJobs(store), ({ row, jobs, job }) => {
    const back = st.back(`store/${store}`, row.name);
    const choice = () => st.chooseDatabase(row, { submit: "Make the database", start: async (database) => {
      await st.call("POST", st.path(store, "provision"), { body: { database }, repeatable: true });
      st.database(place, store);
    } });
    const latest = job ?? (row.database_type ? null : st.failedJob(jobs, "provision", "move"));
    if (latest) return kit.h("div", { class: "stack" }, back, st.jobCard(row, latest, {
      completed: (status) => [st.moveProof(status.report), kit.h("a", { class: "button primary", href: `#store/${store}` }, "To the store")],
      cancelled: () => kit.button("Choose a database", () => place.replaceChildren(kit.h("div", { class: "stack" }, back, choice())), "primary"),
    }));
    if (row.database_status === "active") return kit.h("div", { class: "stack" }, back, kit.banner("The store has a database already.", "good"));
    return kit.h("div", { class: "stack" }, back, choice(), kit.h("p", null, kit.h("a", { class: "button bare", href: `#store/${store}/takeover` }, "Take over the rows of an existing store")));
  });

  /** Return the choice of a kind of database, with the form of the chosen one; `start(database)` is called with its values. */
  st.chooseDatabase = (row, { submit, start, without = [] }) => {
    const form = kit.h("div", { "aria-live": "polite" });
    const choose = (type) => form.replaceChildren(formOf(row, type, { submit, start }));
    const kinds = Object.entries(st.KINDS).filter(([type]) => !without.includes(type)).map(([type, text]) => [type, ...text]);
    return kit.h("div", { class: "stack" }, st.kindCards("Which kind of database?", kinds, choose), form);
  };

  function formOf(row, type, { submit, start }) {
    const result = kit.h("div", { role: "status" });
    const database = () => st.connection(type, kit.values(form));
    const test = kit.button("Test the connection", kit.act(async () => {
      result.replaceChildren();
      if (!form.reportValidity()) return;
      try {
        const { data } = await st.call("POST", st.path(row.id, "database/test"), { body: { database: database() } });
        const found = data.existing_tables.length ? ` The tables ${data.existing_tables.join(", ")} exist; they are compared when the job begins.` : "";
        result.replaceChildren(kit.banner(`The connection works${data.version ? `: version ${data.version}` : ""}.${found}`, "good"));
      } catch (error) {
        if (!(error instanceof kit.Problem)) throw error;
        result.replaceChildren(kit.banner(Object.values(error.fields)[0] ?? error.message, "bad"));
      }
    }));
    const form = kit.form({ label: st.KINDS[type][0], submit, fields: FIELDS[type](), save: () => start(database()).catch(st.named("database")) });
    form.querySelector(".row").append(test);
    form.append(result);
    return kit.h("div", { class: "card" }, form);
  }
}
