/** Talks: private unless shared. The notes of one are read when it is opened. */
{
  const KINDS = tg.choices("deep_talk", "conflict", "appreciation", "planning", "check_in", "other");

  tg.talks = (place) => {
    const list = kit.h("div"), prompt = kit.h("div");
    const show = () => tg.list(list, { path: "conversations", row: (row) => talkRow(row, show), empty: ["No talks yet", "Note what a talk was about. Only you see it, unless you share it."] });
    place.replaceChildren(kit.h("div", { class: "stack" }, prompt, tg.section("Talks", kit.button("Note a talk", () => add({}, show)), list)));
    kit.load(prompt, () => tg.read("library", { kind: "prompts" }), ({ items: [item] }) => item
      ? tg.section("A question for today", null, kit.h("p", { class: "prompt" }, item.text), kit.button("Note a talk about it", () => add({ topic: item.title }, show), "bare")) : kit.h("p"));
    return show();
  };

  const fields = (row = {}) => [
    kit.field({ name: "kind", label: "Kind", tag: "select", options: KINDS, value: row.kind ?? "deep_talk" }),
    kit.field({ name: "topic", label: "Topic (optional)", value: row.topic, maxlength: 200 }),
    kit.h("div", { class: "columns" }, kit.field({ name: "duration_minutes", label: "Minutes (optional)", type: "number", min: 1, max: 1440, step: 1, value: row.duration_minutes }),
      kit.field({ name: "quality_rating", label: "Rating (optional)", type: "number", min: 1, max: 10, step: 1, value: row.quality_rating, hint: "1 to 10" })),
    kit.field({ name: "notes", label: "Notes (optional)", tag: "textarea", value: row.notes, maxlength: 4000, hint: "They are encrypted." }),
    kit.field({ name: "is_shared", label: "My partner may read this talk with its notes.", type: "checkbox", value: row.is_private === false }),
  ];
  const body = ({ is_shared: isShared, ...values }) => ({ ...values, is_private: !isShared });

  const add = (row, after) => tg.formDialog("Note a talk", { fields: fields(row), save: (values) => tg.call("POST", "conversations", { body: tg.given(body(values)), key: true }), after: () => { kit.toast("The talk is noted."); after(); } });

  const open = (row, after) => kit.act(async () => {
    const path = "conversations/" + row.id;
    const { data, etag } = await tg.call("GET", path);
    const dialog = kit.dialog(data.topic || tg.words(data.kind), (close) => [kit.h("p", { class: "soft" }, facts(data).join(", ")), tg.text(data.notes || "There are no notes.", "p", "notes"),
      data.is_mine && kit.h("div", { class: "row" }, kit.button("Edit", () => {
        close();
        tg.formDialog("Change the talk", { fields: fields(data), save: (values) => tg.call("PATCH", path, { etag, body: tg.emptied(body(values)) }), after: () => { kit.toast("Saved."); after(); } });
      }), kit.button("Delete", kit.act(async () => {
        close();
        if (!(await kit.confirm("Delete this talk?", "It cannot be restored.", "Delete"))) return;
        await tg.call("DELETE", path, { etag });
        after();
      }), "danger"))].filter(Boolean));
    return dialog;
  });

  const facts = (row) => [tg.words(row.kind), kit.date(row.occurred_at), row.duration_minutes && tg.count(row.duration_minutes, "minute"), row.quality_rating && `${row.quality_rating} of 10`].filter(Boolean);
  const talkRow = (row, after) => tg.row(row.topic || tg.words(row.kind), facts(row).join(", "), !row.is_mine && kit.badge("from your partner"), row.is_private ? kit.badge("Only you") : kit.badge("Shared", "good"),
    kit.button("Open", open(row, after), "", { "aria-label": "Open " + (row.topic || tg.words(row.kind)) }));
}
