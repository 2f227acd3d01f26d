/** You: what concerns the member alone, each part a screen of its own. */
{
  const PARTS = {
    profile: ["Profile", "Name, time zone, love languages", tg.profile],
    security: ["Sign-in and devices", "Password, e-mail address, sessions", tg.security],
    mails: ["Mails and calendar", "What comes, when, and the calendar link", tg.mails],
    relationship: ["Relationship", "Its dates, pause, end, block, former ones", tg.relationship],
    plan: ["Plan and credits", "Subscription, add-ons, perks, gifts", tg.plan],
    data: ["Your data", "Export, and deleting the account", tg.dataOfMember],
  };

  tg.you = (place, part) => {
    if (PARTS[part]) {
      const [title, , open] = PARTS[part];
      const body = kit.h("div");
      place.replaceChildren(kit.h("div", { class: "stack" }, kit.h("p", null, kit.h("a", { class: "button bare", href: "#you" }, "← You")), body));
      tg.retitle(title);
      return open(body);
    }
    place.replaceChildren(kit.h("div", { class: "stack" }, kit.list(Object.entries(PARTS).map(([key, [title, text]]) => [kit.h("a", { class: "main entry", href: "#you/" + key }, kit.h("strong", null, title), kit.h("span", { class: "soft" }, text))])),
      kit.h("p", null, kit.button("Sign out", kit.act(tg.leave)))));
    return null;
  };
}
