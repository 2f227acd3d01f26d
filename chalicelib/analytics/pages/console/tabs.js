/** The page: sign-in, the choice of a site, or the tabs of one. */
const main = document.getElementById("main");
const REVENUE = ["revenue", "Revenue", an.revenue];
const siteTabs = () => [
  ["traffic", "Traffic", an.traffic],
  ["features", "Features", an.features],
  ["funnels", "Funnels", an.funnels],
  ["retention", "Retention", an.retention],
  ["cohorts", "Cohorts", an.cohorts],
  ["campaigns", "Campaigns", an.campaigns],
  ["experiments", "Experiments", an.experiments],
  ["errors", "Errors", an.errors],
  ...(an.readsEverySite() ? [REVENUE] : []),
];

/** Show the tabs of the site. */
const openSite = () => kit.load(main, async () => { an.site = await an.read(an.sitePath()); }, () => kit.h("div", { class: "stack" },
  kit.h("div", { class: "row apart" }, kit.h("p", { class: "row" }, kit.h("strong", { dir: "auto" }, an.site.name), kit.h("code", null, an.site.tenant), !an.site.is_active && kit.badge("inactive", "warn")),
    an.readsEverySite() && kit.h("a", { class: "button", href: location.pathname + "#sites" }, "All sites")),
  kit.tabs("Analytics of " + an.site.name, siteTabs())));

const account = an.account();
if (account) {
  document.getElementById("account").append(kit.badge(account.aud), kit.h("span", { dir: "auto" }, account.sub), kit.button("Sign out", an.signOut));
  if (an.tenant()) openSite();
  else main.append(kit.tabs("Analytics", [["sites", "Sites", an.sites], REVENUE]));
} else {
  main.append(an.signIn(sessionStorage.getItem(STORED) && "Your token has expired or belongs to another role. Paste a new one."));
}
kit.watchConnection(document.getElementById("connection"));
