/** The couples app: perks to fulfil, partners with their offers, and bookings. */
{
  const PERKS = { surprise_box: "Surprise box", coaching: "Coaching session" };
  const STATUSES = ["requested", "scheduled", "shipped", "done", "cancelled"];
  const KINDS = ["restaurant", "activity", "travel", "gift", "coach"];
  const options = (values) => values.map((value) => [value, value.replaceAll("_", " ")]);
  const local = (moment) => moment && new Date(new Date(moment) - new Date(moment).getTimezoneOffset() * 60000).toISOString().slice(0, 16);
  const formDialog = (title, fields, save, after) => kit.dialog(title, (close) => [kit.form({ label: title, fields, cancel: close, save: async (values) => {
    await save(values);
    close();
    after();
  } })]);

  op.perks = (panel) => {
    const table = kit.h("div");
    const show = ({ status }) => op.list(table, { path: "together/perks", query: { status }, caption: "Perks, the longest unchanged first", empty: ["No perks", "No perk has this status."], columns: [
      ["Perk", (row) => PERKS[row.kind]], ["Member", (row) => kit.h("code", null, row.user_id)], ["Status", (row) => kit.badge(row.status)],
      ["Claimed", (row) => kit.date(row.created_at)], ["Times", (row) => op.text((row.preferred_times ?? []).join(", "))],
      ["Scheduled", (row) => kit.date(row.scheduled_at)], ["Tracking", (row) => op.text(row.tracking)],
      op.mayChange() && ["Action", (row) => op.changeButton("Fulfil", () => openPerk(row, () => show({ status })), "", { "aria-label": `Fulfil the perk of ${row.user_id}` })],
    ].filter(Boolean) });
    panel.replaceChildren(kit.h("div", { class: "stack" }, op.heading("Perks"), op.filters("Perks", [kit.field({ name: "status", label: "Status", tag: "select", options: options(STATUSES) })], show), table));
  };

  async function openPerk({ id }, after) {
    const path = "together/perks/" + encodeURIComponent(id);
    const row = await op.read(path);
    formDialog(PERKS[row.kind], [
      op.facts([["Member", row.user_id], ["Address", row.address && kit.h("pre", { dir: "auto" }, row.address)], ["Times", (row.preferred_times ?? []).join(", ")]]),
      kit.field({ name: "status", label: "Status", tag: "select", value: row.status, options: options(STATUSES) }),
      kit.field({ name: "scheduled_at", label: "Scheduled", type: "datetime-local", value: local(row.scheduled_at), hint: "In your time zone." }),
      kit.field({ name: "tracking", label: "Tracking", value: row.tracking, maxlength: 200 }),
    ], ({ status, scheduled_at: scheduled, tracking }) => op.call("PATCH", path, { body: {
      ...(status !== row.status && { status }), scheduled_at: scheduled ? new Date(scheduled).toISOString() : null, tracking: tracking || null,
    } }), () => { kit.toast("The perk is saved."); after(); });
  }

  op.partners = (panel) => {
    const table = kit.h("div");
    let search = {};
    const show = () => (search.city ? op.list(table, { path: "together/partners", query: search, caption: "Partners of the city", empty: ["No partners", "The city has no partner of this kind."], columns: [
      ["Partner", (row) => op.text(row.name)], ["Id", (row) => kit.h("code", null, row.id)], ["Kind", (row) => row.kind], ["City", (row) => op.text(`${row.city}, ${row.country}`)],
      ["Link", (row) => kit.h("code", null, row.url)], ["Commission", (row) => (row.commission_percent === null ? "" : row.commission_percent + " %"), "number"],
      ["State", (row) => (row.is_active ? kit.badge("active", "good") : kit.badge("inactive"))],
      op.mayChange() && ["Action", (row) => op.changeButton("Edit", () => savePartner(row, show), "", { "aria-label": "Edit " + row.name })],
    ].filter(Boolean) }) : table.replaceChildren(kit.empty("Choose a city", "Partners are listed by city, also those that are not active.")));
    panel.replaceChildren(kit.h("div", { class: "stack" }, op.heading("Partners", op.changeButton("Add a partner", () => savePartner({}, show))),
      op.filters("Partners", [kit.field({ name: "city", label: "City", autocomplete: "off" }), kit.field({ name: "kind", label: "Kind", tag: "select", options: [["", "All"], ...options(KINDS)] })],
        (values) => { search = values; show(); }), table));
  };

  const savePartner = async (row, after) => formDialog(row.id ? "Change the partner" : "Add a partner", [
    kit.field({ name: "id", label: "Id", value: row.id, required: true, readonly: Boolean(row.id), maxlength: 64, spellcheck: "false", hint: "Lower-case letters, digits and hyphens." }),
    kit.field({ name: "name", label: "Name", value: row.name, required: true, maxlength: 120 }),
    kit.field({ name: "kind", label: "Kind", tag: "select", value: row.kind ?? KINDS[0], options: options(KINDS) }),
    kit.field({ name: "city", label: "City", value: row.city, required: true, maxlength: 120 }),
    kit.field({ name: "country", label: "Country", value: row.country, required: true, maxlength: 2, placeholder: "DE", hint: "Two letters." }),
    kit.field({ name: "url", label: "Link", value: row.url, required: true, maxlength: 500, spellcheck: "false", hint: "Begins with https; {click_id} is replaced by the booking's id." }),
    kit.field({ name: "commission_percent", label: "Commission in percent (optional)", inputmode: "decimal", value: row.commission_percent, maxlength: 6 }),
    kit.field({ name: "is_active", label: "Members see the offer.", type: "checkbox", value: row.is_active ?? true }),
  ], (values) => op.call("POST", "together/partners", { key: true, body: { ...values, country: values.country.toUpperCase(), commission_percent: values.commission_percent || null } }), () => { kit.toast("The partner is saved."); after(); });

  op.bookings = (panel) => {
    const table = kit.h("div");
    const show = ({ user }) => (user ? op.list(table, { path: "together/bookings", query: { user_id: user }, caption: "Bookings of the member, newest first", empty: ["No bookings", "The member has no booking."], columns: [
      ["Booking", (row) => kit.h("code", null, row.id)], ["Partner", (row) => row.partner_id], ["Status", (row) => kit.badge(row.status)], ["Amount", (row) => (row.amount === null ? "" : `${row.amount} ${row.currency}`), "number"],
      ["Commission", (row) => (row.commission === null ? "" : `${row.commission} ${row.currency}`), "number"], ["Rating", (row) => row.rating ?? "", "number"], ["Reported", (row) => kit.date(row.reported_at)], ["Clicked", (row) => kit.date(row.created_at)],
    ] }) : table.replaceChildren(kit.empty("Choose a member", "Bookings are listed for one member.")));
    panel.replaceChildren(kit.h("div", { class: "stack" }, op.heading("Bookings", op.changeButton("Import a report", importReport)),
      op.filters("Bookings", [kit.field({ name: "user", label: "Member's id", autocomplete: "off", spellcheck: "false" })], show), table));
  };

  const importReport = async () => kit.dialog("Import a partner's report", (close) => [kit.form({ label: "Import a partner's report", submit: "Import", cancel: close, fields: [
    kit.field({ name: "partner_id", label: "Partner's id", required: true, maxlength: 64, spellcheck: "false" }),
    kit.field({ name: "lines", label: "Report", type: "file", required: true, accept: ".jsonl,.ndjson,application/x-ndjson", hint: "JSON lines with click_id, external_id, status, amount, commission, currency, at." }),
  ], save: async ({ partner_id: partner, lines }) => {
    const { data } = await op.call("POST", "together/bookings", { key: true, body: { partner_id: partner, lines: await lines.text() } });
    close();
    kit.dialog("The report is imported", () => [kit.h("p", null, `${op.number(data.changed)} changed, ${op.number(data.unchanged)} unchanged, ${op.number(data.refused.length)} refused.`),
      data.refused.length > 0 && kit.table("Lines that were refused", [["Line", (row) => row.line, "number"], ["Reason", (row) => op.text(row.reason)]], data.refused)].filter(Boolean));
  } })]);
}
