/** Who is signed in: an operator, a support agent or a store's owner, with a token in sessionStorage only; and the API client. */
const an = {};
const WORDS = {
  SiteNotFound: "There is no such site, or you may not read it.",
  ErrorGroupNotFound: "There is no such error any more.",
  FunnelNotFound: "There is no such funnel any more.",
  ExperimentNotFound: "There is no such experiment.",
  Forbidden: "This account may not do that.",
};
const STORED = "token";
const ROLES = ["operator", "support", "store"];

/** Return the claims of the stored token; null without one that is valid now. The API verifies it, the page only reads it. */
an.account = () => {
  try {
    const claims = JSON.parse(atob(sessionStorage.getItem(STORED).split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
    return claims.exp * 1000 > Date.now() && ROLES.includes(claims.aud) ? claims : null;
  } catch {
    return null;
  }
};
an.readsEverySite = () => ["operator", "support"].includes(an.account()?.aud);
an.mayChange = () => an.account()?.aud !== "support";

an.call = kit.client({ base: "../v1/", words: WORDS, tries: 3, token: async () => {
  if (!an.account()) throw new Error("expired");
  return sessionStorage.getItem(STORED);
} });
an.read = async (path, query) => (await an.call("GET", path, { query })).data;

/** Return a button that changes something; nothing for a support agent. */
an.changeButton = (text, action, look = "", props = {}) => an.mayChange() && kit.button(text, kit.act(action), look, props);

an.signOut = () => { sessionStorage.removeItem(STORED); location.reload(); };

an.signIn = (message) => kit.h("div", { class: "card" }, kit.form({ label: "Sign in", submit: "Sign in",
  fields: [kit.h("h2", { tabindex: -1 }, "Sign in"), message && kit.banner(message, "warn"), kit.field({ name: "token", label: "Token", type: "password", required: true,
    autocomplete: "off", spellcheck: "false", hint: "A token of an operator, of support, or of a store's owner. It stays in this tab." })],
  save: async ({ token }) => {
    sessionStorage.setItem(STORED, token.trim());
    if (!an.account()) {
      sessionStorage.removeItem(STORED);
      throw new kit.Problem("InvalidToken", "", { errors: [{ path: "token", message: "This is not a valid token of these accounts, or it has expired." }] });
    }
    await an.read(an.readsEverySite() ? "operator/analytics/sites" : an.sitePath()).catch((error) => {
      if (error.code !== "SessionExpired") return;
      sessionStorage.removeItem(STORED);
      throw new kit.Problem("InvalidToken", "", { errors: [{ path: "token", message: "The server refuses this token." }] });
    });
    location.reload();
  } }));
