/** Which mails come, when, and the calendar link. */
{
  const KINDS = [["reminder", "Reminders of dates"], ["partner_activity", "What your partner shares"], ["achievement", "Achievements"], ["challenge", "Challenges"], ["billing", "Payments and plans"], ["system", "News about the app"], ["digest", "The week in one mail (premium)"]];
  const hours = Array.from({ length: 24 }, (_, n) => [n, `${String(n).padStart(2, "0")}:00`]);

  tg.mails = (place) => {
    const form = kit.h("div"), calendar = kit.h("div");
    place.replaceChildren(kit.h("div", { class: "stack" }, tg.section("Mails", null, form), tg.section("Calendar", null, calendar)));
    calendar.replaceChildren(kit.h("p", { class: "soft" }, "A secret link brings your dates into any calendar app. It is part of the premium plans."), kit.h("div", { class: "row" },
      kit.button("Show the link", kit.act(async () => {
        const { data } = await tg.call("POST", "calendar", { repeatable: true });
        kit.dialog("The calendar link", () => [kit.h("p", null, "Subscribe to this address in your calendar app. Everybody who has it can read your dates, until you end the link."), kit.h("p", null, kit.h("code", { class: "code" }, data.url))]);
      })), kit.button("End the link", kit.act(async () => {
        await tg.call("DELETE", "calendar");
        kit.toast("The link no longer works.");
      }), "bare")));
    return kit.load(form, () => tg.call("GET", "me"), ({ data: me, etag }) => {
      const { email, hour, quiet, analytics } = me.preferences;
      return kit.form({ label: "Mails", reload: () => tg.mails(place), fields: [
        kit.h("p", { class: "soft" }, "Mails never hold your partner's words. Mails about the security of your account always come."),
        KINDS.map(([name, label]) => kit.field({ name: "email_" + name, label, type: "checkbox", value: email[name] })),
        kit.field({ name: "hour", label: "Reminders come at", tag: "select", options: hours, value: hour }),
        kit.h("div", { class: "columns" }, kit.field({ name: "quiet_start", label: "No mails from", tag: "select", options: hours, value: quiet.start }), kit.field({ name: "quiet_end", label: "until", tag: "select", options: hours, value: quiet.end })),
        kit.field({ name: "analytics", label: "Count how I use the app, without any content.", type: "checkbox", value: analytics }),
      ], save: async (values) => {
        const preferences = { email: Object.fromEntries(KINDS.map(([name]) => [name, values["email_" + name]])), hour: Number(values.hour), quiet: { start: Number(values.quiet_start), end: Number(values.quiet_end) }, analytics: values.analytics };
        await tg.call("PATCH", "me", { etag, body: { preferences } });
        kit.toast("Saved.");
        tg.mails(place);
      } });
    });
  };
}
