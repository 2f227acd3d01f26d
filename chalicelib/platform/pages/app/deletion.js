/** The deletion of a store with its grace period, and its undoing. */
{
  /** Return the banner of a store that is being deleted, with a button to keep it; nothing for other stores. */
  st.deletionBanner = (row, again) => row.deletion_due_at && kit.banner(
    `The store is being deleted. Its data is removed on ${kit.date(row.deletion_due_at)}. Until then you can keep it.`, "bad",
    kit.button("Keep the store", kit.act(async () => {
      await st.call("POST", st.path(row.id, "undelete"), { repeatable: true });
      kit.toast("The store stays.");
      again();
    })));

  st.deletion = (place, store) => kit.load(place, () => st.read(st.path(store)), (row) => kit.h("div", { class: "stack narrow" }, st.back(`store/${store}`, row.name),
    row.deletion_due_at ? st.deletionBanner(row, () => { location.hash = `store/${store}`; }) : st.section("Delete the store", null,
      kit.h("ul", { class: "points" }, [
        "The subscription ends.",
        st.hasDatabase(row) && "A last backup is made. You can download it for 30 days.",
        "The data API refuses all calls at once.",
        "For 30 days you can keep the store after all. Then its data is removed.",
        st.isConnected(row) && "Your own server keeps the tables, unless you choose to remove them below.",
      ].filter(Boolean).map((text) => kit.h("li", null, text))),
      kit.form({ label: "Delete the store", submit: "Delete the store", look: "danger", fields: [
        kit.field({ name: "confirm", label: `Type ${row.slug} to confirm`, required: true, maxlength: 63, spellcheck: "false", autocapitalize: "none", autocomplete: "off" }),
        st.isConnected(row) && kit.field({ name: "drop", label: "Also remove the store's tables from my server.", type: "checkbox" }),
      ].filter(Boolean), save: async (values) => {
        if (values.confirm !== row.slug) throw new kit.Problem("Invalid", "", { errors: [{ path: "confirm", message: `Please type ${row.slug}.` }] });
        await st.call("DELETE", st.path(store), { body: values });
        location.hash = `store/${store}`;
      } }))));
}
