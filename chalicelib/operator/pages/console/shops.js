/** Active shops with their sessions, and installs and uninstalls by day. */
const DAYS = [30, 90, 366];

op.shops = (panel, shop) => {
  if (shop) return showShop(panel, decodeURIComponent(shop));
  const chart = kit.h("div", { class: "card" });
  const table = kit.h("div");
  kit.load(panel, firstAppInUse, (first) => kit.h("div", { class: "stack" }, op.heading("Shops"),
    op.filters("App", [kit.field({ name: "app", label: "App", tag: "select", value: first, options: kit.data().apps.map((app) => [app, app]) }),
      kit.field({ name: "days", label: "Days in the chart", tag: "select", options: DAYS.map((days) => [days, `The last ${days}`]) }),
    kit.field({ name: "shop", label: "Look up a shop", autocomplete: "off", spellcheck: "false", placeholder: "example.myshopify.com", hint: "Uninstalled ones, too." })], ({ app, days, shop }) => {
      if (shop) return location.assign("#shops/" + encodeURIComponent(shop));
      showTimeline(chart, app, days);
      op.list(table, { path: "shops", query: { app }, caption: "Active shops, oldest installation first", empty: ["No active shops", "No shop has this app active."],
        more: (rows) => rows.length > 0 && kit.button("Download as CSV", kit.act(() => download(app))), columns: [
          ["Shop", (row) => kit.h("a", { href: "#shops/" + encodeURIComponent(row.shop) }, row.shop)],
          ["Name", (row) => op.text(row.shop_name)], ["Email", (row) => op.text(row.email)], ["Plan", (row) => op.text(row.plan_name)],
          ["Installed", (row) => kit.date(row.installed_at)], ["At Shopify", atShopify],
        ] });
    }), chart, table));
};

/** Return a badge: the shop is unavailable, Shopify refuses webhook topics, or all is registered. */
function atShopify(row) {
  if (row.unavailable_since) return kit.badge(`unavailable (${row.unavailable_status}) since ${kit.date(row.unavailable_since)}`, "warn");
  return row.refused_topics ? kit.badge(`refused: ${row.refused_topics.replaceAll(",", ", ")}`, "warn") : kit.badge("registered", "good");
}

/** Return the first app that is active in a shop, or the first one. */
async function firstAppInUse() {
  const { apps } = kit.data();
  const used = await Promise.all(apps.map((app) => op.read("shops", { app, limit: 1 })));
  return apps[Math.max(used.findIndex(({ items }) => items.length), 0)];
}

function showTimeline(place, app, days) {
  const day = (back) => new Date(Date.now() - back * 86400000).toISOString().slice(0, 10);
  kit.load(place, () => op.read("shops/timeline", { app, from: day(days - 1), to: day(0) }), ({ items }) => kit.chart({ type: "stacked", unit: "shops", x: items.map((row) => row.day),
    title: `Installs and uninstalls in the last ${days} days (UTC)`, series: [["Installs", "installs"], ["Reinstalls", "reinstalls"], ["Uninstalls", "uninstalls"], ["Scopes updated", "scopes_updates"]]
      .map(([name, key]) => ({ name, values: items.map((row) => row[key]) })) }));
}

/** Save every active shop of an app as CSV; cells that a spreadsheet would run are quoted as text. */
async function download(app) {
  const rows = await kit.all(op.call, "shops", { app });
  const names = ["shop", "app", "shop_name", "email", "plan_name", "currency", "iana_timezone", "scope", "installed_at", "refused_topics", "unavailable_since", "unavailable_status"];
  const cell = (value) => `"${String(value ?? "").replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;
  const lines = [names, ...rows.map((row) => names.map((name) => row[name]))].map((cells) => cells.map(cell).join(","));
  const url = URL.createObjectURL(new Blob([lines.join("\r\n") + "\r\n"], { type: "text/csv" }));
  kit.h("a", { href: url, download: `active-shops-${app}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

function showShop(panel, shop) {
  const table = kit.h("div");
  panel.replaceChildren(kit.h("div", { class: "stack" }, kit.h("p", null, kit.h("a", { class: "button bare", href: "#shops" }, "← Shops")), op.heading(shop),
    kit.h("p", { class: "row" }, kit.h("a", { class: "button", href: "#deliveries/" + encodeURIComponent(shop) }, "Deliveries"),
      kit.h("a", { class: "button", href: "#generations/" + encodeURIComponent(shop) }, "Generations")), table));
  op.list(table, { path: `shops/${encodeURIComponent(shop)}/sessions`, caption: "Open sessions of all apps", empty: ["No open sessions", "No app has a session in this shop."], columns: [
    ["App", (row) => row.app], ["State", (row) => (row.is_granted ? kit.badge("granted", "good") : kit.badge("pending installation", "warn"))],
    ["User", (row) => (row.is_online ? String(row.user_id) : "offline")], ["Scope", (row) => op.text(row.scope)],
    ["Expires", (row) => kit.date(row.expires) || "never"], ["Created", (row) => kit.date(row.created_at)],
  ] });
}
