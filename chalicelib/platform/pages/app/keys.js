/** The keys with which a store's servers call its data API. A new key is shown once. */
{
  const SCOPES = [["catalogue", "Read the catalogue: all but customers, orders and discounts"], ["read", "Read everything"], ["write", "Read and write everything"]];

  st.keys = (place, store) => kit.load(place, () => st.read(st.path(store, "keys")), ({ items }) => kit.h("div", { class: "stack" }, st.back(`store/${store}`, "Store"),
    st.section("Keys", kit.button("New key", () => create(place, store), "primary"),
      items.length ? kit.list(items.map((key) => [kit.h("div", { class: "main" }, kit.h("strong", { dir: "auto" }, key.name), kit.h("p", { class: "soft" }, `${SCOPES.find(([scope]) => scope === key.scope)[1]}. Made ${kit.date(key.created_at)}.`)),
        kit.button("Revoke", kit.act(async () => {
          if (!(await kit.confirm(`Revoke ${key.name}?`, "The next call with this key is refused.", "Revoke"))) return;
          await st.call("DELETE", st.path(store, `keys/${encodeURIComponent(key.id)}`));
          st.keys(place, store);
        }), "", { "aria-label": `Revoke ${key.name}` })])) : kit.empty("No keys", "A key lets one of your servers call the store's data API. Keys are not for pages."))));

  const create = (place, store) => {
    const dialog = kit.dialog("New key", (close) => kit.form({ label: "New key", submit: "Make the key", cancel: close, fields: [
      kit.field({ name: "name", label: "Name", hint: "Which server uses it.", required: true, maxlength: 32 }),
      kit.field({ name: "scope", label: "It may", tag: "select", options: SCOPES }),
    ], save: async (body) => {
      const { data } = await st.call("POST", st.path(store, "keys"), { key: true, body });
      close();
      show(data.key, () => st.keys(place, store));
    } }));
    dialog.querySelector("input").focus();
  };

  const show = (key, after) => {
    const dialog = kit.dialog("The new key", (close) => [kit.h("p", null, key ? "Copy it now: it is not shown again." : "It was made before and is not shown again. Revoke it and make another."),
      key && kit.h("p", { class: "secret" }, key), kit.h("div", { class: "row" }, key && kit.button("Copy", kit.act(() => navigator.clipboard.writeText(key))), kit.button("Done", close, "primary"))].filter(Boolean));
    dialog.addEventListener("close", after);
  };
}
