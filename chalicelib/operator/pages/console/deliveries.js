/** Webhook deliveries of a shop, or some by their ids, with replay. */
const DELIVERY = /^[0-9a-f-]{36}(~[0-9a-f]+)?$/i;
const STATUSES = ["received", "processed", "failed"];
const ALL_SHOPS = "backroom ops replay --status failed --dry-run";

op.deliveries = (panel, shop) => {
  const table = kit.h("div");
  const search = (values) => {
    const { about, topic } = values;
    const again = () => search(values);
    const replayAll = (rows) => rows.length > 1 && op.changeButton(`Replay these ${rows.length}`, async () => {
      await op.each(rows, replayDelivery);
      again();
    });
    if (!about) return kit.load(table, async () => null, () => whichShop());
    const ids = about.split(/[\s,]+/);
    if (ids.every((id) => DELIVERY.test(id))) {
      const show = (rows) => [replayAll(rows), kit.table("Deliveries", deliveryColumns(again), rows)].filter(Boolean);
      return kit.load(table, () => Promise.all(ids.map((id) => op.read("deliveries/" + id))), show);
    }
    const statuses = STATUSES.filter((status) => values[status] === "true");
    const since = op.since(values.since);
    op.list(table, { path: "deliveries", query: { shop: about, limit: 100 }, caption: "Deliveries, newest first", columns: deliveryColumns(again),
      matches: (row) => statuses.includes(row.status) && (!topic || row.topic === topic) && row.received_at >= since, isEnd: (row) => row.received_at < since,
      reach: (row) => `The search went back to ${kit.date(row.received_at)}.`,
      empty: ["No deliveries", "The shop has none with these filters in the last 30 days."], more: replayAll });
  };
  panel.replaceChildren(kit.h("div", { class: "stack" }, op.heading("Deliveries"), op.filters("Deliveries", [
    kit.field({ name: "about", label: "Shop or deliveries", hint: "A shop's domain, or ids of deliveries.", value: shop ? decodeURIComponent(shop) : "", autocomplete: "off", spellcheck: "false", placeholder: "example.myshopify.com" }),
    op.sinceField(),
    kit.h("fieldset", null, kit.h("legend", null, "Status"), STATUSES.map((status) => kit.h("label", { class: "choice" },
      kit.h("input", { type: "checkbox", name: status, checked: true }), status))),
    kit.field({ name: "topic", label: "Topic", autocomplete: "off", spellcheck: "false", placeholder: "orders/paid" }),
  ], search), table));
};

const whichShop = () => kit.empty("Which shop?", ["Deliveries are stored for 30 days, and listed for one shop: no index has them by status. This command looks through those of all shops: ",
  kit.h("code", null, ALL_SHOPS)]);
const replayDelivery = (row) => op.call("POST", `deliveries/${encodeURIComponent(row.delivery_id)}/replay`, { body: {} });
const deliveryColumns = (reload) => [
  ["Delivery", (row) => kit.h("span", null, kit.h("code", null, row.delivery_id), row.same_webhook_id.map((id) => kit.h("p", null, "Same webhook id: ", kit.h("code", null, id))))], ["Topic", (row) => row.topic], ["Shop", (row) => row.shop],
  ["Status", (row) => kit.h("span", null, op.status(row.status), row.error_message ? kit.h("p", { dir: "auto" }, row.error_message) : "")],
  ["Received", (row) => kit.date(row.received_at)],
  op.mayChange() && ["Action", (row) => op.changeButton("Replay", async () => {
    const { data } = await replayDelivery(row);
    kit.toast(data.status === "failed" ? "It failed again." : "It was published again.");
    reload();
  }, "", { "aria-label": "Replay delivery " + row.delivery_id }) || ""],
].filter(Boolean);
