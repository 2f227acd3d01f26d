/** Ideas: of the library, and made for a credit. */
{
  tg.ideas = (place) => {
    const paid = kit.h("div"), library = kit.h("div"), partners = kit.h("div");
    const show = () => kit.load(paid, () => Promise.all([tg.read("ideas", { limit: 10 }), tg.credits()]), ([{ items }, credits]) => {
      if (items.some((row) => row.status === "pending")) setTimeout(() => paid.isConnected && refresh(), 3000);
      return kit.h("div", { class: "stack tight" }, kit.h("p", { class: "soft" }, `You have ${tg.count(credits.balance, "credit")}.`),
        items.length ? kit.list(items.map(ideaRow)) : kit.empty("No ideas yet", "Three prompts or date ideas cost one credit. Only the options that you choose are sent to the model, never what you wrote."));
    });
    const refresh = async () => {
      const { items } = await tg.read("ideas", { limit: 10 }).catch(() => ({ items: [{ status: "pending" }] }));
      if (!paid.isConnected) return;
      if (items.some((row) => row.status === "pending")) setTimeout(refresh, 3000);
      else show();
    };
    const kind = kit.h("select", { "aria-label": "What to show of the library", onchange: () => shelf() }, [["date_ideas", "Date ideas"], ["courses", "Courses"], ["guides", "Guides"], ["prompts", "Question of the day"]].map(([value, text]) => kit.h("option", { value }, text)));
    const shelf = () => kit.load(library, () => tg.read("library", { kind: kind.value }), ({ items }) => (items.length ? shelfList(items) : kit.empty("Nothing here", "The library has nothing of this kind.")));
    place.replaceChildren(kit.h("div", { class: "stack" }, tg.section("Ideas for you", kit.button("Ask for ideas", () => ask(show)), paid), tg.section("Library", kind, library), tg.partners(partners)));
    shelf();
    return show();
  };

  const FIRST = 6;
  const shelfList = (items) => {
    const list = kit.list(items.slice(0, FIRST).map(shelfRow));
    const more = items.length > FIRST && kit.button(`Show all ${items.length}`, () => {
      list.append(...items.slice(FIRST).map((item) => kit.h("li", null, shelfRow(item))));
      more.remove();
    });
    return kit.h("div", { class: "stack tight" }, list, more);
  };

  const option = (name, label, ...values) => kit.field({ name, label, tag: "select", options: [["", "Any"], ...tg.choices(...values)] });
  const ask = (after) => tg.formDialog("Ask for ideas", { submit: "Spend one credit", fields: [
    kit.field({ name: "kind", label: "What", tag: "select", options: [["date_idea", "Date ideas"], ["conversation_prompt", "Conversation prompts"]] }),
    option("mood", "Mood", "playful", "romantic", "calm", "adventurous", "deep"), option("budget", "Budget", "free", "low", "medium", "high"), option("place", "Place", "home", "outdoors", "city", "anywhere"),
    kit.field({ name: "use_love_language", label: "Take my love language into account.", type: "checkbox", value: true }),
  ], save: (values) => tg.call("POST", "ideas", { body: tg.given(values), key: true }), after: () => { kit.toast("The ideas are being made."); after(); } });

  const ideaRow = (row) => [kit.h("div", { class: "main stack tight" }, kit.h("p", { class: "row" }, kit.h("strong", null, row.kind === "date_idea" ? "Date ideas" : "Conversation prompts"), kit.h("span", { class: "soft" }, kit.date(row.created_at)),
    row.status === "pending" && kit.badge("in progress", "warn"), row.status === "failed" && kit.badge("failed, the credit is back", "bad")),
  (row.answers ?? []).map((answer) => kit.h("div", null, tg.text(answer.title, "h3"), tg.text(answer.text, "p"),
    row.kind === "date_idea" && kit.button("Plan it", () => tg.planActivity({ title: answer.title.slice(0, 120), description: answer.text }), "bare", { "aria-label": "Plan " + answer.title }))))];

  const shelfRow = (item) => [kit.h("div", { class: "main" }, kit.h("p", { class: "title" }, item.title), kit.h("p", { class: "soft" }, item.text),
    item.steps && kit.h("details", null, kit.h("summary", null, "Read the steps"), kit.h("ol", { class: "steps" }, item.steps.map((step) => kit.h("li", null, step))))),
  item.minutes && kit.badge(`${item.minutes} min`), item.activity_kind && kit.button("Plan it", () => tg.planActivity({ title: item.title, description: item.text, kind: item.activity_kind }), "bare", { "aria-label": "Plan " + item.title })];
}
