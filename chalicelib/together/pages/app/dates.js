/** Dates that a couple remembers, and below them the activities. */
tg.dates = (place) => {
  const dates = kit.h("div"), activities = kit.h("div");
  const showDates = () => kit.load(dates, () => kit.all(tg.call, "dates"), (rows) => {
    const sorted = rows.sort((a, b) => ((a.next_on ?? "9") < (b.next_on ?? "9") ? -1 : 1));
    return sorted.length ? kit.list(sorted.map((row) => dateRow(row, showDates))) : kit.empty("No dates yet", "Anniversaries, birthdays, the day you met: a reminder comes in time.");
  });
  place.replaceChildren(kit.h("div", { class: "stack" }, tg.section("Dates", kit.button("Add a date", () => addDate(showDates)), dates),
    tg.activities(activities)));
  return showDates();
};

const KINDS_OF_DATES = tg.choices("anniversary", "birthday", "milestone", "other");

const dateFields = (row = {}) => [
  kit.field({ name: "title", label: "Title", value: row.title, required: true, maxlength: 120 }),
  kit.field({ name: "date_value", label: "Date", type: "date", value: row.date_value, required: true, min: "1900-01-01", max: "2199-12-31" }),
  kit.field({ name: "year_known", label: "The year is known", type: "checkbox", value: row.year_known ?? true }),
  kit.field({ name: "kind", label: "Kind", tag: "select", options: KINDS_OF_DATES, value: row.kind ?? "anniversary" }),
  kit.field({ name: "is_recurring", label: "Every year", type: "checkbox", value: row.is_recurring ?? true }),
  kit.field({ name: "reminder_days_before", label: "Remind us, days before", type: "number", min: 0, max: 60, step: 1, value: row.reminder_days_before ?? 7, required: true }),
];
const dateBody = (values) => ({ ...values, date_value: values.year_known ? values.date_value : "2000" + values.date_value.slice(4) });

const addDate = (after) => tg.formDialog("Add a date", { fields: dateFields(), save: (values) => tg.call("POST", "dates", { body: dateBody(values), key: true }), after: () => { kit.toast("The date is saved."); after(); } });

const dateRow = (row, after) => {
  const day = tg.dayText(row.date_value, row.year_known ? { day: "numeric", month: "long", year: "numeric" } : { day: "numeric", month: "long" });
  return tg.row(row.title, [`${tg.words(row.kind)}, ${day}`, row.next_on ? `${row.is_recurring ? "Next: " + tg.dayText(row.next_on) + ", " : ""}${tg.away(row.next_on)}` : "Over"],
    kit.button("Edit", kit.act(() => tg.editDialog("Change the date", "dates/" + row.id, dateFields, dateBody, after)), "bare", { "aria-label": "Edit " + row.title }),
    tg.deleteButton(row.title, "dates/" + row.id, after));
};
