/** Notices, newest first. Opening the screen marks them as read. */
tg.notices = (place) => kit.load(place, async () => {
  const { items, next_cursor: cursor } = await tg.read("notifications", { limit: 50 });
  return { items, cursor };
}, ({ items, cursor }) => {
  if (!items.length) return kit.empty("No notices", "Reminders of dates and what your partner shares appear here.");
  if (items.some((row) => !row.read_at)) tg.call("POST", "notifications", { body: { read_through: items[0].id }, repeatable: true }).then(() => tg.showUnread(0), () => {});
  const list = kit.list(items.map(noticeRow));
  const more = kit.button("Show more", kit.act(async () => {
    const page = await tg.read("notifications", { limit: 50, cursor });
    list.append(...page.items.map((row) => kit.h("li", null, noticeRow(row))));
    cursor = page.next_cursor;
    more.hidden = !cursor;
  }));
  more.hidden = !cursor;
  return kit.h("div", { class: "stack tight" }, list, more);
});

const noticeRow = (row) => {
  const screen = /#([\w/=-]+)$/.exec(row.action_url ?? "")?.[1];
  return [kit.h("div", { class: "main" }, kit.h("p", { class: "row" }, tg.text(row.title, "strong"), !row.read_at && kit.badge("new", "good")), tg.text(row.body, "p"), kit.h("p", { class: "soft" }, kit.date(row.scheduled_for))),
    screen && kit.h("a", { class: "button bare", href: "#" + screen, "aria-label": "Open: " + row.title }, "Open")];
};
