/** The account: profile, address, password, devices, export, deletion. */
{
  const LANGUAGES = [["", "Not chosen"], ...tg.LANGUAGES];
  const zones = (now) => [...new Set([now, tg.zone, ...(Intl.supportedValuesOf?.("timeZone") ?? []), "UTC"])].map((zone) => [zone, zone.replaceAll("_", " ")]);

  tg.profile = (place) => kit.load(place, () => tg.call("GET", "me"), ({ data: me, etag }) => kit.h("div", { class: "card" }, kit.form({ label: "Profile", reload: () => tg.profile(place), fields: [
    kit.field({ name: "display_name", label: "Your name", value: me.display_name, required: true, maxlength: 50, autocomplete: "nickname" }),
    kit.field({ name: "birthday", label: "Birthday (optional)", type: "date", value: me.birthday, min: "1900-01-01", max: tg.day() }),
    kit.field({ name: "timezone", label: "Time zone", tag: "select", options: zones(me.timezone), value: me.timezone, hint: tg.zone === me.timezone ? "" : `This device is in ${tg.zone}. Reminders follow the zone chosen here.` }),
    kit.field({ name: "love_language_primary", label: "First love language", tag: "select", options: LANGUAGES, value: me.love_language_primary ?? "" }),
    kit.field({ name: "love_language_secondary", label: "Second love language", tag: "select", options: LANGUAGES, value: me.love_language_secondary ?? "" }),
    kit.field({ name: "birthday_is_shared", label: "My partner sees my birthday.", type: "checkbox", value: me.preferences.shared.birthday }),
    kit.field({ name: "languages_are_shared", label: "My partner sees my love languages.", type: "checkbox", value: me.preferences.shared.love_languages }),
  ], save: async ({ birthday_is_shared: birthday, languages_are_shared: languages, ...values }) => {
    await tg.call("PATCH", "me", { etag, body: { ...tg.emptied(values), preferences: { shared: { birthday, love_languages: languages } } } });
    kit.toast("Saved.");
    tg.profile(place);
  } })));

  const wrong = (name) => (error) => {
    if (error.code === "InvalidCredentials") throw new kit.Problem("WrongPassword", "", { errors: [{ path: name, message: "The password is wrong." }] });
    throw error;
  };

  tg.security = (place) => {
    const devices = kit.h("div");
    place.replaceChildren(kit.h("div", { class: "stack" },
      tg.section("Password", null, kit.form({ label: "Password", submit: "Change the password", fields: [tg.passwordField("current_password", "Current password"), tg.passwordField("new_password", "New password", true)], save: async (values) => {
        await tg.call("PUT", "me/password", { body: values }).catch(wrong("current_password"));
        kit.toast("The password is changed. Your other devices are signed out.");
        tg.security(place);
      } })),
      tg.section("E-mail address", null, kit.form({ label: "E-mail address", submit: "Change the address", fields: [kit.field({ name: "email", label: "New address", type: "email", required: true, maxlength: 254, autocomplete: "email" }), tg.passwordField("password", "Password")], save: async (values) => {
        await tg.call("POST", "me/email", { body: { ...values, email: values.email.trim() } }).catch(wrong("password"));
        kit.dialog("Confirm the new address", (close) => [kit.h("p", null, "We sent a mail to the new address. The change happens when you open its link. The old address gets a mail whose link undoes the change, for three days."), kit.button("Close", close)]);
        tg.security(place);
      } })),
      tg.section("Devices", kit.button("Sign out the others", kit.act(async () => {
        if (!(await kit.confirm("Sign out every other device?", "They must sign in with the password again.", "Sign out"))) return;
        await tg.call("DELETE", "sessions");
        showDevices(devices);
      })), devices)));
    showDevices(devices);
  };

  const showDevices = (place) => kit.load(place, () => tg.read("sessions"), ({ items }) => kit.list(items.map((row) => tg.row(row.device || "A device", [`Signed in ${kit.date(row.created_at)}`, row.last_used_at && `Last used ${kit.date(row.last_used_at)}`],
    row.is_current ? kit.badge("this device", "good") : kit.button("Sign out", kit.act(async () => {
      await tg.call("DELETE", "sessions/" + encodeURIComponent(row.id));
      showDevices(place);
    }), "", { "aria-label": "Sign out " + (row.device || "a device") })))));

  tg.dataOfMember = (place) => {
    const list = kit.h("div");
    const show = () => kit.load(list, async () => (await tg.elsewhere("GET", "retention/exports")).data, ({ items }) => (items.length ? kit.list(items.map((row) => tg.row(kit.date(row.created_at), tg.words(row.status),
      row.url && kit.h("a", { class: "button", href: row.url, rel: "noopener noreferrer", target: "_blank" }, "Download")))) : kit.empty("No exports yet", "An export has what you wrote and what you share, and nothing that your partner alone wrote.")));
    place.replaceChildren(kit.h("div", { class: "stack" },
      tg.section("Export", kit.button("Make an export", kit.act(async () => {
        await tg.elsewhere("POST", "retention/exports", { body: {}, key: true });
        kit.toast("The export is being made.");
        show();
      })), kit.h("p", { class: "soft" }, "Three a day at most."), list),
      tg.section("Delete the account", null, kit.h("p", null, "You are signed out at once, and the relationship ends. After seven days everything of yours is deleted, and a subscription is cancelled. Sign in before then to keep the account."),
        kit.form({ label: "Delete the account", submit: "Delete my account", look: "danger", fields: [tg.passwordField("password", "Password")], save: async (values) => {
          if (!(await kit.confirm("Delete your account?", "The relationship ends now. Sign in within seven days to keep the rest.", "Delete my account"))) return;
          await tg.call("DELETE", "me", { body: values }).catch(wrong("password"));
          await tg.store.wipe().catch(() => {});
          tg.user = null;
          tg.showSignIn("Your account is closed. Sign in within seven days to keep it.", "good");
        } }))));
    show();
  };
}
