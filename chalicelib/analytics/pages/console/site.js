/** The site that the page is about: the one in the address, or that of the store. */
const CHECK_SECONDS = 5;
const KINDS = [["store", "Stores"], ["shop", "Shops' apps"], ["together", "Couples app"], ["platform", "Platform"]];

an.tenant = () => {
  const account = an.account();
  return new URLSearchParams(location.search).get("site") || (account?.aud === "store" ? "store:" + account.sub : "");
};
an.sitePath = (rest = "") => "analytics/sites/" + encodeURIComponent(an.tenant()).replaceAll("%3A", ":") + (rest && "/" + rest);
an.siteLink = (tenant) => `${location.pathname}?site=${encodeURIComponent(tenant)}#traffic`;

/** The list of sites, for operators. */
an.sites = (panel) => {
  const table = kit.h("div", null);
  panel.replaceChildren(kit.h("div", { class: "stack" }, an.heading("Sites"), an.filters("Sites", [
    kit.field({ name: "kind", label: "Kind", tag: "select", options: KINDS }),
    kit.field({ name: "tenant", label: "Open a site", autocomplete: "off", spellcheck: "false", placeholder: "store:1", hint: "By its tenant." }),
  ], ({ kind, tenant }) => {
    if (tenant.trim()) return location.assign(an.siteLink(tenant.trim()));
    an.list(table, { path: "operator/analytics/sites", query: { kind }, caption: "Sites, by tenant", empty: ["No sites", "No site of this kind is measured."], columns: [
      ["Site", (row) => kit.h("a", { href: an.siteLink(row.tenant) }, row.tenant)], ["Name", (row) => an.text(row.name)], ["Time zone", (row) => row.time_zone],
      ["State", (row) => (row.is_active ? kit.badge("active", "good") : kit.badge("inactive", "warn"))], ["Created", (row) => kit.date(row.created_at)],
    ] });
  }), table));
};

/** The snippet to copy, and a check that calls `arrived()` when the first event has been counted. */
an.emptySite = (arrived) => {
  const code = `<script defer src="${kit.data().snippet}" data-key="${an.site.key}"><\/script>`;
  const box = kit.h("code", null, code);
  const status = kit.h("p", { role: "status", class: "soft" }, "Waiting for the first event…");
  const place = kit.h("section", { class: "card stack", "aria-label": "No events yet" }, kit.h("h3", null, "No events in these days"),
    kit.h("p", null, "Put this line into the head of each page of the site. It stores nothing on the visitor's device."),
    kit.h("pre", { tabindex: 0, "aria-label": "Snippet" }, box),
    kit.h("p", null, kit.button("Copy the snippet", kit.act(() => copy(box)), "primary")), status,
    kit.h("p", { class: "soft" }, "Events are counted every five minutes; this page looks for them by itself."));
  const check = async () => {
    if (!place.isConnected) return;
    let days = [];
    if (document.visibilityState === "visible") days = await an.read(an.sitePath("overview"), an.range(2)).then((data) => data.days, () => null);
    if (days?.length && place.isConnected) return arrived();
    status.textContent = days ? "Waiting for the first event…" : "The check failed. It is repeated.";
    setTimeout(check, CHECK_SECONDS * 1000);
  };
  setTimeout(check, CHECK_SECONDS * 1000);
  return place;
};

/** Copy a text, or select it where the browser refuses that. */
async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    kit.toast("Copied.");
  } catch {
    getSelection().selectAllChildren(element);
    kit.toast("Selected: copy it with your keyboard.");
  }
}
