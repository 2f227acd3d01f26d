/** The group of stores whose figures are shown together. */
app.stores = (group, again) => {
  const place = kit.h("div", { class: "stack" });
  const act = (body) => app.call("POST", "stores", { body, key: true });
  const invite = kit.act(async () => {
    let { data } = await act({ action: "invite" });
    if (!data.invitation.code) ({ data } = await act({ action: "invite" })); // the answer with the code was lost
    place.replaceChildren(kit.banner("Open this app in the other store, choose “Join a group” and enter this code within 15 minutes. The code works once.", "good"),
      kit.h("p", { class: "code", tabindex: 0, "aria-label": "Code of the invitation" }, data.invitation.code));
  });
  const leave = kit.act(async () => {
    if (!await kit.confirm("Leave the group", "The stores no longer see each other's figures.", "Leave")) return;
    await act({ action: "leave" });
    again();
  });
  const isGroup = group.stores.length > 1;
  return app.section("Stores", kit.h("p", { class: "soft" }, isGroup ? "These stores see each other's totals." : "See the totals of several of your stores together."),
    isGroup && kit.list(group.stores.map((each) => [kit.h("div", { class: "main" }, each.shop), kit.h("span", { class: "soft" }, "since " + kit.date(each.joined_at))])),
    kit.h("div", { class: "row" }, kit.button("Invite a store", invite), isGroup ? kit.button("Leave the group", leave) : kit.button("Join a group", () => joinGroup(again))), place);
};

function joinGroup(again) {
  kit.dialog("Join a group", (close) => [kit.form({ label: "Join a group", submit: "Check the code", cancel: close,
    fields: [kit.field({ name: "code", label: "Code", required: true, autocomplete: "off", spellcheck: "false" })],
    save: async ({ code }) => {
      const { invitation } = await app.read("stores", { code });
      close();
      if (!await kit.confirm("Join the group", `${invitation.shop} will see this store's figures, and this store will see the group's figures.`, "Join")) return;
      await app.call("POST", "stores", { body: { action: "join", code }, key: true });
      again();
    } })]);
}
