/** The overview: figures of the last days, the search, stores and exports. */
const chosen = { days: "30", stores: "me" };
const figures = kit.h("div", { class: "stack" });
const rest = kit.h("div", { class: "stack" });

const showFigures = () => kit.load(figures, () => app.read("dashboard", chosen), (data) => [app.asOf(data), data.total_uses || data.other_currencies.length ? app.figures(data)
  : kit.empty("No discount was used in this period", "Set a price for a SKU. Its uses appear here a few minutes after the first order.",
    kit.h("a", { class: "button primary", href: app.href("Discounts") }, "Set a price"))]);

const choice = (name, label, options) => {
  const field = kit.field({ name, label, tag: "select", options, value: chosen[name] });
  field.querySelector("select").addEventListener("change", (event) => { chosen[name] = event.target.value; showFigures(); });
  return field;
};

const showRest = () => kit.load(rest, () => app.read("stores"), (group) => {
  if (group.stores.length < 2 && chosen.stores === "all") { chosen.stores = "me"; showFigures(); }
  choices.replaceChildren(choice("days", "Days", [["7", "7 days"], ["30", "30 days"], ["90", "90 days"]]),
    group.stores.length > 1 ? choice("stores", "Stores", [["me", "This store"], ["all", "All stores"]]) : "", search());
  return [app.everySku(), app.exports(), app.stores(group, () => { showRest(); showFigures(); })];
});

/** A field that finds discounts by the beginning of a code, a title or a SKU. */
function search() {
  const field = kit.field({ name: "q", label: "Find a discount", type: "search", autocomplete: "off", maxlength: 255 });
  const input = field.querySelector("input");
  let turn = 0;
  input.addEventListener("input", async () => {
    const mine = ++turn;
    await kit.pause(0.3);
    if (mine !== turn) return;
    if (input.value.trim().length < 2) return results.replaceChildren();
    try {
      const { items } = await app.read("search", { q: input.value.trim() });
      if (mine !== turn) return;
      results.replaceChildren(items.length ? kit.list(items.map((row) => [kit.h("div", { class: "main" }, kit.h("a", { href: app.href("Discounts") + "#" + row.discount_id, dir: "auto" }, row.title),
        kit.h("p", { class: "soft", dir: "auto" }, row.kind === "title" ? row.discount_code || "automatic" : `${row.kind === "sku" ? "SKU" : "Code"} ${row.name}`)),
      !row.is_active && kit.badge("Paused")])) : kit.h("p", { class: "soft" }, "No code, title or SKU begins with this text."));
    } catch (error) {
      results.replaceChildren(kit.banner(error.message, "bad"));
    }
  });
  return field;
}

/** Show the changes that Shopify does not report because a scope or access to protected customer data is missing. */
const showRefusedTopics = ({ refused_topics }) => refused_topics.length > 0 && notice.append(
  kit.banner(`Shopify does not report these changes to us: ${refused_topics.map(({ topic }) => topic).join(", ")}. Figures are incomplete until it does. Please contact us.`, "warn"));

const notice = kit.h("div");
const choices = kit.h("div", { class: "choices" });
const results = kit.h("div", { role: "status" });
app.main.append(notice, choices, results, figures, rest);
showFigures();
showRest();
app.shop().then(showRefusedTopics, () => {}); // show the figures even if the notice cannot be loaded
