/** Challenges: one step a day. */
{
  /** Return the section of the challenges. */
  tg.challenges = (place) => {
    const show = () => tg.list(place, { path: "challenges", query: { status: "active" }, row: (row) => tg.challengeRow(row, show, true), empty: ["No challenge is active", "A small thing a day for a week or two."] });
    show();
    return tg.section("Challenges", kit.button("Choose one", () => choose(show)), place);
  };

  const choose = (after) => {
    const list = kit.h("div");
    const dialog = kit.dialog("Choose a challenge", () => list);
    kit.load(list, () => tg.read("library", { kind: "challenges" }), ({ items }) => kit.list(items.map((item) => tg.row(item.title, [item.text, `${tg.words(item.difficulty)}, ${tg.count(item.duration_days, "day")}`],
      kit.button("Start", kit.act(async () => {
        await tg.call("POST", "challenges", { body: { template: item.id }, key: true });
        dialog.close();
        kit.toast("The challenge has begun.");
        after();
      }), "", { "aria-label": "Start " + item.title })))));
  };

  tg.challengeRow = (row, after, isFull = false) => {
    const isDone = row.done_days.includes(tg.day());
    return tg.row(row.title, [isFull && row.description, tg.progress(`${row.progress} of ${tg.count(row.duration_days, "day")}`, row.progress, row.duration_days), isFull && "Until " + kit.date(row.ends_at)],
      isDone ? kit.badge("Done today", "good") : kit.button("Done today", kit.act(async () => {
        await tg.call("POST", `challenges/${row.id}/steps`, { body: { date: tg.day() }, key: true });
        after();
      }), "", { "aria-label": "Done today: " + row.title }),
      isFull && kit.button("Give up", kit.act(async () => {
        if (!(await kit.confirm(`Give up ${row.title}?`, "You can start it again from its first day.", "Give up"))) return;
        const { etag } = await tg.call("GET", "challenges/" + row.id);
        await tg.call("PATCH", "challenges/" + row.id, { etag, body: { status: "abandoned" } });
        after();
      }), "bare", { "aria-label": "Give up " + row.title }));
  };
}
