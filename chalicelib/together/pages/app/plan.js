/** Plan, credits, add-ons, perks and gifts. Payments happen at Stripe; the page only links there. */
{
  /** Return the credits, or a part below them; a member who bought nothing yet has none. */
  tg.credits = async (part = "", query = {}) => {
    try {
      return (await tg.elsewhere("GET", "billing/credits" + part, { query })).data;
    } catch (error) {
      if (error.code !== "CustomerNotFound") throw error;
      return { balance: 0, shortfall: 0, items: [] };
    }
  };

  const here = (query) => `${location.origin}${location.pathname}${query}#you/plan`;
  const pay = (path, body) => kit.act(async () => {
    const { data } = await tg.elsewhere("POST", path, { body: { ...body, success_url: here("?paid=1"), cancel_url: here("") }, key: true });
    location.assign((data.checkout ?? data).url);
  });

  tg.plan = (place) => {
    const parts = ["Your plan", "Credits", "Plans", "Add-ons", "Perks", "Gifts"].map((title) => [title, kit.h("div", { class: "stack tight" })]);
    const at = Object.fromEntries(parts);
    place.replaceChildren(kit.h("div", { class: "stack" }, parts.map(([title, body]) => tg.section(title, null, body))));
    const get = async (path, query) => (await tg.elsewhere("GET", path, { query })).data;
    const showPlan = () => kit.load(at["Your plan"], () => get("billing/subscription"), (data) => planCard(data, showPlan));
    const showGifts = () => kit.load(at.Gifts, () => get("billing/gifts"), ({ items }) => giftCards(items, () => { showPlan(); showGifts(); }));
    const showPerks = () => kit.load(at.Perks, () => tg.read("perks"), (data) => perkCards(data, showPerks));
    kit.load(at.Credits, () => Promise.all([tg.credits(), tg.credits("/ledger", { limit: 10 })]), ([{ balance, shortfall }, { items }]) => [kit.h("p", null, kit.h("strong", null, tg.count(balance, "credit"))), shortfall > 0 && kit.banner(`${tg.count(shortfall, "credit")} are owed after a refund.`, "warn"),
      items.length > 0 && kit.h("details", null, kit.h("summary", null, "The last changes"), kit.table("Changes of the credits", [["When", (row) => kit.date(row.created_at)], ["What", (row) => tg.words(row.entry_type)], ["Credits", (row) => row.amount, "number"], ["Balance", (row) => row.balance_after, "number"]], items))].filter(Boolean));
    kit.load(at.Plans, () => get("billing/plans"), ({ items }) => (items.length ? kit.list(items.filter((row) => row.price_monthly || row.price_annual).map(offer)) : kit.empty("No plans", "There are no plans for sale.")));
    kit.load(at["Add-ons"], () => Promise.all([get("billing/addons"), get("billing/addons/mine")]), ([{ items }, mine]) => [mine.items.length > 0 && kit.list(mine.items.map((row) => tg.row(tg.words(row.addon_id), row.expires_at && "Until " + kit.date(row.expires_at), kit.badge(tg.words(row.status), row.status === "active" ? "good" : "")))),
      items.length ? kit.list(items.map((row) => tg.row(row.name, [row.description, `${tg.money(row.price, row.currency)} ${row.billing_cycle === "one_time" ? "once" : "a " + (row.billing_cycle === "annual" ? "year" : "month")}`], kit.button("Buy", pay("billing/checkout", { addon: row.id }), "", { "aria-label": "Buy " + row.name })))) : kit.h("p", { class: "soft" }, "There are no add-ons for sale.")].filter(Boolean));
    showPerks();
    showGifts();
    return showPlan();
  };

  const planCard = (data, again) => [kit.h("p", null, kit.h("strong", null, data.has_access && data.plan_name ? tg.words(data.plan_name) : "Free"), data.access_until && ` until ${kit.date(data.access_until)}`),
    kit.h("p", { class: "soft" }, "One subscription opens premium for both of you."),
    data.subscription?.cancel_at_period_end && kit.banner("It is cancelled and ends after the paid period.", "warn"),
    data.subscription && !data.subscription.is_gift && kit.h("div", { class: "row" }, data.subscription.cancel_at_period_end
      ? kit.button("Keep it", kit.act(async () => { await tg.elsewhere("POST", "billing/subscription/resume", { body: {}, key: true }); again(); }))
      : kit.button("Cancel", kit.act(async () => {
        if (!(await kit.confirm("Cancel the subscription?", "It stays open until the end of the paid period.", "Cancel it"))) return;
        await tg.elsewhere("POST", "billing/subscription/cancel", { body: { at_period_end: true }, key: true });
        again();
      })), kit.button("Invoices and payment methods", kit.act(async () => {
      const { data: portal } = await tg.elsewhere("POST", "billing/portal", { body: { return_url: here("") }, key: true });
      location.assign(portal.url);
    }), "bare"))].filter(Boolean);

  const offer = (row) => tg.row(row.name, [row.description, row.included_credits > 0 && `${tg.count(row.included_credits, "credit")} a month`, row.trial_days > 0 && `${tg.count(row.trial_days, "day")} for free`],
    row.price_monthly && kit.button(`${tg.money(row.price_monthly, row.currency)} a month`, pay("billing/checkout", { plan: row.id, billing_cycle: "monthly" }), "", { "aria-label": `${row.name}, ${tg.money(row.price_monthly, row.currency)} a month` }),
    row.price_annual && kit.button(`${tg.money(row.price_annual, row.currency)} a year`, pay("billing/checkout", { plan: row.id, billing_cycle: "annual" }), "", { "aria-label": `${row.name}, ${tg.money(row.price_annual, row.currency)} a year` }));

  const NAMES = { surprise_box: "Surprise box", coaching: "Coaching session" };
  const perkCards = ({ available, items }, again) => [available.length > 0 ? kit.list(available.map((row) => tg.row(NAMES[row.kind], `${row.count} to claim`, kit.button("Claim", () => claim(row.kind, again), "", { "aria-label": "Claim " + NAMES[row.kind] })))) : kit.h("p", { class: "soft" }, "Nothing to claim now. Plans with a box give one a month."),
    items.length > 0 && kit.list(items.map((row) => tg.row(NAMES[row.kind], [kit.date(row.created_at), row.scheduled_at && "On " + kit.date(row.scheduled_at), row.tracking && "Tracking: " + row.tracking], kit.badge(tg.words(row.status), row.status === "done" ? "good" : ""))))].filter(Boolean);

  const claim = (kind, after) => tg.formDialog("Claim: " + NAMES[kind], { submit: "Claim", fields: [kind === "surprise_box" ? tg.note("address", "Address", { required: true, autocomplete: "street-address", hint: "It is encrypted, and deleted 90 days after the delivery." })
    : tg.note("times", "Times that suit you (optional)", { hint: "One a line, five at most." })], save: ({ address, times = "" }) => {
    const lines = times.split("\n").map((line) => line.trim()).filter(Boolean).slice(0, 5);
    return tg.call("POST", "perks", { body: { kind, ...(address && { address }), ...(lines.length && { preferred_times: lines }) }, key: true });
  }, after: () => { kit.toast("Claimed."); after(); } });

  const giftCards = (items, again) => [kit.form({ label: "Redeem a gift", submit: "Redeem", fields: [kit.field({ name: "code", label: "Gift code", required: true, maxlength: 64, autocomplete: "off", spellcheck: "false", value: tg.wanted?.kind === "gift" ? tg.wanted.token : "" })], save: async ({ code }) => {
    await tg.elsewhere("POST", "billing/gifts/redeem", { body: { code: code.trim() }, key: true });
    tg.wanted = null;
    kit.toast("The gift is yours.");
    again();
  } }), kit.h("div", null, kit.button("Give a plan", kit.act(give))),
  items.length > 0 && kit.list(items.map((row) => tg.row(tg.words(row.plan_name), ["For " + row.recipient_email, kit.date(row.created_at)], kit.badge(tg.words(row.status), row.status === "redeemed" ? "good" : ""))))].filter(Boolean);

  async function give() {
    const { items } = (await tg.elsewhere("GET", "billing/plans")).data;
    const plans = items.filter((row) => row.price_monthly || row.price_annual);
    tg.formDialog("Give a plan", { submit: "Go to the payment", fields: [kit.field({ name: "plan", label: "Plan", tag: "select", options: plans.map((row) => [row.id, row.name]) }), kit.field({ name: "recipient_email", label: "Their e-mail", type: "email", required: true, maxlength: 254, autocomplete: "off" }), tg.note("message", "Message (optional)")],
      save: async (values) => {
        const { data } = await tg.elsewhere("POST", "billing/gifts", { body: { ...tg.given(values), success_url: here("?paid=1"), cancel_url: here("") }, key: true });
        location.assign(data.checkout.url);
      } });
  }
}
