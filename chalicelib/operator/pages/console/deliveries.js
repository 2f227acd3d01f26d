/** Webhook deliveries of a shop, or one by its id, with replay. */
const DELIVERY = /^[0-9a-f-]{36}$/i;

op.deliveries = (panel, shop) => {
  const table = kit.h("div");
  const search = ({ about, status, topic }) => {
    if (!about) return table.replaceChildren(kit.empty("Which shop?", "Write a shop's domain or the id of a delivery. Deliveries are stored for 30 days."));
    const only = DELIVERY.test(about);
    if (only) return kit.load(table, () => op.read("deliveries/" + about), (row) => deliveryTable([row]));
    op.list(table, { path: "deliveries", query: { shop: about, status, topic }, caption: "Deliveries, newest first", columns: deliveryColumns(() => search({ about, status, topic })),
      empty: ["No deliveries", "The shop has none with these filters in the last 30 days."],
      more: (rows) => rows.length > 1 && op.changeButton(`Replay these ${rows.length}`, async () => {
        await op.each(rows, replayDelivery);
        search({ about, status, topic });
      }) });
  };
  panel.replaceChildren(kit.h("div", { class: "stack" }, op.heading("Deliveries"), op.filters("Deliveries", [
    kit.field({ name: "about", label: "Shop or delivery", value: shop ? decodeURIComponent(shop) : "", autocomplete: "off", spellcheck: "false", placeholder: "example.myshopify.com" }),
    kit.field({ name: "status", label: "Status", tag: "select", options: [["", "All"], ["received", "received"], ["processed", "processed"], ["failed", "failed"]] }),
    kit.field({ name: "topic", label: "Topic", autocomplete: "off", spellcheck: "false", placeholder: "orders/paid" }),
  ], search), table));
};

const deliveryTable = (rows) => kit.table("Delivery", deliveryColumns(() => {}), rows);
const replayDelivery = (row) => op.call("POST", `deliveries/${encodeURIComponent(row.delivery_id)}/replay`, { body: {} });
const deliveryColumns = (reload) => [
  ["Delivery", (row) => kit.h("code", null, row.delivery_id)], ["Topic", (row) => row.topic], ["Shop", (row) => row.shop],
  ["Status", (row) => kit.h("span", null, op.status(row.status), row.error_message ? kit.h("p", { dir: "auto" }, row.error_message) : "")],
  ["Received", (row) => kit.date(row.received_at)],
  op.mayChange() && ["Action", (row) => op.changeButton("Replay", async () => {
    const { data } = await replayDelivery(row);
    kit.toast(data.status === "failed" ? "It failed again." : "It was published again.");
    reload();
  }, "", { "aria-label": "Replay delivery " + row.delivery_id }) || ""],
].filter(Boolean);
