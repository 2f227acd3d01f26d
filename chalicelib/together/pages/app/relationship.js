/** The relationship: its dates, pause and end; former ones, and blocked people. */
{
  const TYPES = tg.choices("dating", "engaged", "married", "partners");

  tg.relationship = (place) => {
    const again = () => tg.relationship(place);
    const present = kit.h("div", { class: "stack" }), former = kit.h("div"), blocked = kit.h("div");
    place.replaceChildren(kit.h("div", { class: "stack" }, present, tg.section("Former relationships", null, former), tg.section("Blocked people", null, blocked)));
    kit.load(blocked, () => tg.read("blocks"), ({ items }) => (items.length ? kit.list(items.map((row) => tg.row("A former partner", "Blocked " + kit.date(row.created_at), kit.button("Unblock", kit.act(async () => {
      await tg.call("DELETE", "blocks/" + encodeURIComponent(row.id));
      again();
    }))))) : kit.h("p", { class: "soft" }, "Nobody is blocked.")));
    kit.load(former, () => tg.read("relationships"), ({ items }) => {
      const past = items.filter((row) => row.status === "ended");
      return past.length ? kit.list(past.map((row) => formerRow(row, again))) : kit.h("p", { class: "soft" }, "None.");
    });
    return kit.load(present, () => tg.read("relationship"), (row) => presentCards(row, again));
  };

  const presentCards = (row, again) => {
    const change = (body, text) => kit.act(async () => {
      await tg.call("PATCH", "relationship", { body });
      kit.toast(text);
      again();
    });
    const cannotLift = row.status === "paused" && !row.is_paused_by_me;
    const facts = tg.section("The two of you", null, row.status === "paused" && kit.banner(cannotLift ? "Your partner has paused the relationship." : "The relationship is paused.", "warn"), kit.form({ label: "The two of you", reload: again, fields: [
      kit.field({ name: "relationship_type", label: "You are", tag: "select", options: TYPES, value: row.relationship_type }),
      kit.field({ name: "start_date", label: "Together since (optional)", type: "date", value: row.start_date, max: tg.day() }),
      kit.field({ name: "anniversary_date", label: "Anniversary (optional)", type: "date", value: row.anniversary_date }),
    ], save: async (values) => {
      await tg.call("PATCH", "relationship", { body: tg.emptied(values) });
      kit.toast("Saved.");
      again();
    } }));
    if (row.status === "invited") return [facts, kit.banner("You are alone here so far.", "", kit.h("a", { class: "button", href: "#pair" }, "Invite your partner"))];
    return [facts,
      tg.section("Pause", null, kit.h("p", null, "During a pause shared entries cannot change and no notices are sent. What you write then stays yours alone."), kit.h("div", { class: "row" },
        row.is_paused_by_me ? kit.button("End my pause", change({ status: "active" }, "Your pause has ended."))
          : kit.button("Pause", change({ status: "paused" }, "The relationship is paused.")))),
      tg.section("End", null, kit.h("p", null, "It ends at once, without a mail. Each of you keeps reading your own entries and the joint ones as they are now, and nothing else of the other. Each of you then has a space of your own."),
        kit.h("div", { class: "row" }, kit.button("End the relationship", kit.act(async () => {
          if (!(await kit.confirm("End the relationship?", "This cannot be undone. You can be invited again.", "End it"))) return;
          await tg.call("PATCH", "relationship", { body: { status: "ended" } });
          kit.toast("The relationship has ended.");
          again();
        }), "danger"), kit.button("End and block", kit.act(async () => {
          if (!(await kit.confirm("End the relationship and block your partner?", "Invitations between you look sent and never arrive. Nobody is told.", "End and block"))) return;
          await tg.call("POST", "blocks", { body: { relationship_id: row.id }, key: true });
          kit.toast("The relationship has ended.");
          again();
        }), "danger")))].filter(Boolean);
  };

  const formerRow = (row, again) => tg.row(row.is_couple ? "A former relationship" : "A former space", [row.is_couple ? row.activated_at && "Joint from " + kit.date(row.activated_at) : "Yours alone", "Ended " + kit.date(row.ended_at)],
    kit.button("Read", () => readFormer(row), "", { "aria-label": "Read the space that ended " + kit.date(row.ended_at) }),
    row.is_couple && kit.button("Block", kit.act(async () => {
      if (!(await kit.confirm("Block this former partner?", "Invitations between you look sent and never arrive.", "Block"))) return;
      await tg.call("POST", "blocks", { body: { relationship_id: row.id }, key: true });
      again();
    }), "bare"),
    kit.button("Delete", kit.act(async () => {
      if (!(await kit.confirm("Delete your entries of this space?", "Your own entries go now. Joint ones go when both of you have deleted them.", "Delete"))) return;
      await tg.call("DELETE", "relationships/" + row.id);
      kit.toast("Your entries are being deleted.");
      again();
    }), "bare"));

  /** Show what is still readable of an ended relationship. */
  const readFormer = (row) => {
    const lists = [["dates", "Dates", (each) => tg.row(each.title, tg.dayText(each.date_value))], ["goals", "Goals", (each) => tg.row(each.title, tg.words(each.status))],
      ["activities", "Activities", (each) => tg.row(each.title, tg.words(each.status))], ["challenges", "Challenges", (each) => tg.row(each.title, tg.words(each.status))],
      ["conversations", "Talks", (each) => tg.row(each.topic || tg.words(each.kind), kit.date(each.occurred_at))]];
    kit.dialog("A former space", () => lists.map(([path, title, each]) => {
      const place = kit.h("div");
      const details = kit.h("details", { ontoggle: () => details.open && tg.list(place, { path, query: { relationship: row.id }, row: each, empty: ["Nothing here", "There is no entry of this kind."] }) }, kit.h("summary", null, title), place);
      return details;
    }));
  };
}
