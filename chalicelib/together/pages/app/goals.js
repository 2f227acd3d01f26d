/** Goals, challenges and achievements. */
tg.goals = (place) => {
  const goals = kit.h("div"), done = kit.h("div"), awards = kit.h("div"), challenges = kit.h("div");
  const showGoals = () => tg.list(goals, { path: "goals", query: { status: "active" }, row: (row) => tg.goalRow(row, showGoals, true), empty: ["No open goals", "Something that you both work at: five dinners without phones, a journey in May."] });
  const showDone = () => tg.list(done, { path: "goals", query: { status: "completed" }, row: (row) => tg.row(row.title, "Reached " + kit.date(row.completed_at), tg.deleteButton(row.title, "goals/" + row.id, showDone)), empty: ["None yet", "Goals that you reach appear here."] });
  const reached = kit.h("details", { ontoggle: () => reached.open && showDone() }, kit.h("summary", null, "Goals that you reached"), done);
  const showAwards = () => kit.load(awards, () => tg.read("achievements"), ({ items, points }) => (items.length
    ? kit.h("div", { class: "stack tight" }, kit.h("p", { class: "soft" }, tg.count(points, "point")), kit.list(items.map((row) => tg.row(row.title, kit.date(row.earned_at), kit.badge(tg.count(row.points, "point"), "good"), row.is_personal && kit.badge("yours")))))
    : kit.empty("No achievements yet", "You earn them as you use the app.")));
  place.replaceChildren(kit.h("div", { class: "stack" },
    tg.section("Goals", kit.button("Add a goal", () => addGoal(showGoals)), goals, reached),
    tg.challenges(challenges), tg.section("Achievements", null, awards)));
  showAwards();
  return showGoals();
};

const goalFields = (row = {}) => [
  kit.field({ name: "title", label: "Title", value: row.title, required: true, maxlength: 120 }),
  tg.note("description", "Description (optional)", { value: row.description }),
  kit.field({ name: "target_count", label: "How often (optional)", type: "number", min: 1, max: 10000, step: 1, value: row.target_count, hint: "Both of you count. Without a number you close the goal yourselves." }),
  kit.field({ name: "target_date", label: "Until (optional)", type: "date", value: row.target_date }),
];

const addGoal = (after) => tg.formDialog("Add a goal", { fields: goalFields(), save: (values) => tg.call("POST", "goals", { body: tg.given(values), key: true }), after: () => { kit.toast("The goal is saved."); after(); } });

/** Return the row of a goal; `isFull` adds what changes the goal itself. */
tg.goalRow = (row, after, isFull = false) => {
  const path = "goals/" + row.id;
  const add = (delta) => kit.act(async () => {
    const { data } = await tg.call("POST", path + "/progress", { body: { delta }, key: true });
    if (data.status === "completed") kit.toast("You reached the goal!");
    after();
  });
  const close = kit.act(async () => {
    const { etag } = await tg.call("GET", path);
    await tg.call("PATCH", path, { etag, body: { status: "completed" } });
    kit.toast("You reached the goal!");
    after();
  });
  return tg.row(row.title, [isFull && row.description, row.target_date && "Until " + tg.dayText(row.target_date),
    row.target_count && tg.progress(`${row.current_progress} of ${row.target_count}`, row.current_progress, row.target_count)],
  row.target_count ? kit.button("+1", add(1), "", { "aria-label": "One more: " + row.title }) : kit.button("Done", close, "", { "aria-label": "Done: " + row.title }),
  isFull && row.current_progress > 0 && kit.button("−1", add(-1), "bare", { "aria-label": "One less: " + row.title }),
  isFull && kit.button("Edit", kit.act(() => tg.editDialog("Change the goal", path, goalFields, tg.emptied, after)), "bare", { "aria-label": "Edit " + row.title }),
  isFull && tg.deleteButton(row.title, path, after));
};
