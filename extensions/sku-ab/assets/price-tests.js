// Marks the cart with the visitor's variant of a price test. Nothing is stored or requested before consent.
(() => {
  const ATTRIBUTE = "_backroom_ab";
  const VISITOR = "backroom_visitor";
  const MARK = "backroom_mark";
  const MINUTES = 30;
  const script = document.currentScript;
  const proxy = (script && script.dataset.proxy) || "/apps/discounts";
  const root = (window.Shopify && Shopify.routes && Shopify.routes.root) || "/";

  const isAllowed = () => Shopify.customerPrivacy.analyticsProcessingAllowed();

  const visitor = () => {
    let id = localStorage.getItem(VISITOR);
    if (!id) {
      const bytes = crypto.getRandomValues(new Uint8Array(16));
      id = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
      localStorage.setItem(VISITOR, id);
    }
    return id;
  };

  const setAttribute = (mark) =>
    fetch(`${root}cart/update.js`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ attributes: { [ATTRIBUTE]: mark } }),
    });

  const forget = async () => {
    const wasMarked = localStorage.getItem(VISITOR);
    localStorage.removeItem(VISITOR);
    sessionStorage.removeItem(MARK);
    if (wasMarked) await setAttribute("");
  };

  const mark = async () => {
    const until = Number(sessionStorage.getItem(MARK));
    if (until > Date.now()) return;
    const response = await fetch(`${proxy}/ab?visitor=${visitor()}`, { headers: { Accept: "application/json" } });
    if (!response.ok) return;
    const answer = await response.json();
    if (answer.mark) await setAttribute(answer.mark);
    sessionStorage.setItem(MARK, String(Date.now() + MINUTES * 60_000));
  };

  const run = () => (isAllowed() ? mark() : forget()).catch(() => {});

  const start = () => {
    document.addEventListener("visitorConsentCollected", run);
    run();
  };

  if (!window.Shopify) return;
  if (Shopify.customerPrivacy) start();
  else Shopify.loadFeatures([{ name: "consent-tracking-api", version: "0.1" }], (error) => error || start());
})();
