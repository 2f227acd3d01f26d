/** Activities: planned, done, and rated by each. */
{
  const KINDS = tg.choices("date_night", "shared_activity", "quality_time", "adventure", "other");

  const fields = (row = {}) => [
    kit.field({ name: "title", label: "Title", value: row.title, required: true, maxlength: 120 }),
    kit.field({ name: "kind", label: "Kind", tag: "select", options: KINDS, value: row.kind ?? "date_night" }),
    kit.field({ name: "planned_at", label: "When (optional)", type: "datetime-local", value: tg.local(row.planned_at) }),
    kit.field({ name: "location", label: "Where (optional)", value: row.location, maxlength: 200 }),
    kit.h("div", { class: "columns" }, kit.field({ name: "cost", label: "Cost (optional)", inputmode: "decimal", value: row.cost, pattern: "\\d{1,7}([.]\\d{1,2})?", maxlength: 10 }),
      kit.field({ name: "currency", label: "Currency", value: row.currency, maxlength: 3, placeholder: "EUR", autocapitalize: "characters", spellcheck: "false" })),
    tg.note("notes", "Notes (optional)", { value: row.notes }),
  ];
  const body = ({ planned_at: planned, currency, ...values }) => ({ ...values, planned_at: tg.moment(planned), currency: values.cost ? currency.toUpperCase() : "" });

  /** Return the section of the activities; `idea` fills the form for a new one. */
  tg.activities = (place) => {
    const status = kit.h("select", { "aria-label": "Activities to show", onchange: () => show() }, [["planned", "Planned"], ["completed", "Done"], ["cancelled", "Cancelled"]].map(([value, text]) => kit.h("option", { value }, text)));
    const show = () => tg.list(place, { path: "activities", query: { status: status.value }, row: (row) => activityRow(row, show),
      empty: status.value === "planned" ? ["Nothing is planned", "Plan an evening, a walk, a journey."] : ["Nothing here", "No activity has this state."] });
    show();
    return tg.section("Activities", [status, kit.button("Plan one", () => tg.planActivity({}, show))], place);
  };

  tg.planActivity = (row, after = () => {}) => tg.formDialog("Plan an activity", { fields: fields(row), save: (values) => tg.call("POST", "activities", { body: tg.given({ ...body(values), description: row.description }), key: true }),
    after: () => { kit.toast("The activity is planned."); after(); } });

  const change = async (path, changes) => {
    const { etag } = await tg.call("GET", path);
    await tg.call("PATCH", path, { etag, body: changes });
  };

  const rate = (row, after) => tg.formDialog(`How was ${row.title}?`, { fields: [tg.scale({ name: "satisfaction", label: "Your rating", low: "not good", high: "wonderful", value: row.my_satisfaction })], submit: "Save the rating",
    save: ({ satisfaction }) => change("activities/" + row.id, { satisfaction: Number(satisfaction) }), after });

  const activityRow = (row, after) => {
    const path = "activities/" + row.id;
    const rating = row.status === "completed" && [row.my_satisfaction && `You: ${row.my_satisfaction} of 10`, row.partner_satisfaction && `Your partner: ${row.partner_satisfaction} of 10`].filter(Boolean).join(", ");
    return tg.row(row.title, [[tg.words(row.kind), row.location].filter(Boolean).join(", "), row.completed_at ? "Done " + kit.date(row.completed_at) : row.planned_at && kit.date(row.planned_at),
      row.cost && tg.money(row.cost, row.currency), row.notes, rating],
    row.status === "planned" && kit.button("Done", kit.act(async () => {
      await change(path, { status: "completed" });
      after();
      rate(row, after);
    }), "", { "aria-label": "Done: " + row.title }),
    row.status === "planned" && kit.button("Edit", kit.act(() => tg.editDialog("Change the activity", path, fields, (values) => tg.emptied(body(values)), after)), "bare", { "aria-label": "Edit " + row.title }),
    row.status === "planned" && kit.button("Cancel", kit.act(async () => { await change(path, { status: "cancelled" }); after(); }), "bare", { "aria-label": "Cancel " + row.title }),
    row.status === "completed" && kit.button(row.my_satisfaction ? "Rate again" : "Rate", () => rate(row, after), "", { "aria-label": "Rate " + row.title }),
    row.status !== "planned" && tg.deleteButton(row.title, path, after));
  };
}
