/** Invite a partner, or accept an invitation. */
tg.pair = (place) => kit.load(place, () => tg.read("relationship"), (relationship) => {
  if (relationship.status !== "invited") return kit.h("div", { class: "stack" }, kit.banner("You have a partner here.", "good"), kit.h("p", null, kit.h("a", { class: "button", href: "#today" }, "Go to today")));
  const invitation = kit.h("div", { role: "status" });
  return kit.h("div", { class: "stack" },
    tg.section("Invite your partner", null, kit.h("p", { class: "soft" }, "Your dates, goals and activities become joint ones. Check-ins and talks from before stay yours alone."),
      kit.form({ label: "Invite your partner", submit: "Make an invitation", fields: [kit.field({ name: "email", label: "Their e-mail (optional)", type: "email", maxlength: 254, hint: "With it they get a mail, and only that address can accept. Without it you pass on the code yourself.", autocomplete: "off" })],
        save: async ({ email }) => {
          const { data } = await tg.call("POST", "invitations", { body: tg.given({ email: email.trim() }), key: true });
          invitation.replaceChildren(invite(data, email.trim(), invitation));
        } }), invitation),
    tg.section("Accept an invitation", null, kit.h("p", { class: "soft" }, "You move into the inviter's space. Yours closes; you alone can still read it."),
      acceptForm(tg.wanted?.kind === "invite" ? tg.wanted.token : "")));
});

const invite = (data, email, place) => kit.h("div", { class: "banner good" }, kit.h("div", { class: "stack tight" },
  kit.h("p", null, email ? `An invitation for ${email} is on its way. The code works, too:` : "Pass this code on. It works once."),
  kit.h("p", null, kit.h("code", { class: "code" }, data.code)),
  kit.h("p", { class: "soft" }, `Works until ${kit.date(data.expires_at)}. A new invitation replaces it.`),
  kit.h("p", { class: "row" }, kit.button("Copy the link", kit.act(async () => {
    await navigator.clipboard.writeText(data.url).catch(() => { throw new kit.Problem("NotCopied", data.url); });
    kit.toast("Copied.");
  })), kit.button("Withdraw", kit.act(async () => {
    await tg.call("DELETE", "invitations");
    place.replaceChildren(kit.banner("The invitation is withdrawn."));
  })))));

const acceptForm = (code) => {
  const offer = kit.h("div", { role: "status" });
  const form = kit.form({ label: "Accept an invitation", submit: "Show the invitation", fields: [kit.field({ name: "code", label: "Code", value: code, required: true, autocomplete: "off", spellcheck: "false", autocapitalize: "characters", maxlength: 40 })],
    save: async (values) => {
      const given = values.code.trim().toUpperCase();
      const { data } = await tg.call("GET", "invitations/" + encodeURIComponent(given)).catch(notOpen);
      offer.replaceChildren(kit.h("div", { class: "banner" }, kit.h("div", { class: "stack tight" }, kit.h("p", null, tg.text(data.inviter, "strong"), " invites you. Everything that you enter from now on as a date, goal or activity belongs to both."),
        kit.h("p", { class: "row" }, kit.button("Accept", kit.act(async () => {
          await tg.call("POST", "invitations/" + encodeURIComponent(given), { repeatable: true }).catch(notOpen);
          tg.wanted = null;
          kit.toast("You are together here now.");
          await tg.start("today");
        }), "primary"), kit.button("Not now", () => offer.replaceChildren())))));
    } });
  return kit.h("div", { class: "stack tight" }, form, offer);
};

const notOpen = (error) => {
  if (error.status === 404) throw new kit.Problem("NotOpen", "", { errors: [{ path: "code", message: "No invitation is open with this code." }] });
  throw error;
};
