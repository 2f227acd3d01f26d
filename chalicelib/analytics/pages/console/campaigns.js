/** E-mail campaigns: distinct recipients by event, and who bought after a click. */
an.campaigns = (panel) => {
  const table = kit.h("div", null);
  panel.replaceChildren(kit.h("div", { class: "stack" }, an.heading("Campaigns", an.mayChange() && kit.button("New campaign", () => newCampaign(panel), "primary")),
    kit.h("p", { class: "soft" }, "Opens are unreliable: mail proxies fetch pictures of unread e-mails. Results are computed each night for 37 days."), table));
  an.list(table, { path: an.sitePath("campaigns"), caption: "Campaigns, the latest first", empty: ["No campaigns yet", "Send a campaign's e-mails with its id as the tag campaign_id, and the site as the tag tenant."], columns: [
    ["Campaign", (row) => an.text(row.name)], ["Id", (row) => kit.h("code", null, row.campaign_id)], ["Sent on", (row) => kit.date(row.sent_at)],
    ...[["Sent", "sent"], ["Delivered", "delivered"], ["Bounces", "bounces"], ["Complaints", "complaints"], ["Unsubscribed", "unsubscribes"]].map(([title, column]) => [title, (row) => an.number(row[column]), "number"]),
    ...[["Opened", "open_rate"], ["Clicked", "click_rate"], ["Bought", "conversion_rate"], ["Return on cost", "roi"]].map(([title, column]) => [title, (row) => an.percent(row[column]), "number"]),
    ["Revenue", (row) => (row.currency ? an.money(row.revenue, row.currency) : "–"), "number"],
  ] });
};

function newCampaign(panel) {
  kit.dialog("New campaign", (close) => kit.form({ label: "New campaign", submit: "Create", cancel: close, fields: [
    kit.field({ name: "name", label: "Name", required: true, maxlength: 100 }),
    kit.field({ name: "cost", label: "Cost", type: "number", min: 0, step: 0.01, value: 0, required: true }),
    kit.field({ name: "currency", label: "Currency", value: an.site.currency, required: true, minlength: 3, maxlength: 3, autocomplete: "off" }),
  ], save: async ({ name, cost, currency }) => {
    await an.call("POST", an.sitePath("campaigns"), { key: true, body: { name, cost: String(cost), currency: currency.trim().toUpperCase() } });
    close();
    kit.toast("The campaign is created.");
    an.campaigns(panel);
  } }));
}
