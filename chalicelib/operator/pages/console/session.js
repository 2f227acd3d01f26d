/** Who is signed in: an operator's or a support agent's token, in sessionStorage only, and the API client that sends it. */
const op = {};
const WORDS = {
  QueueNotFound: "There is no such queue.",
  DeliveryNotFound: "There is no such delivery. Deliveries are stored for 30 days.",
  InvalidShopDomain: "This is not a shop's domain. Write it as example.myshopify.com.",
  FinalInProgress: "This print is being made already.",
  FinalCanceled: "The order line was canceled or refunded, so that nothing is printed.",
  Forbidden: "This account may not do that.",
};
const STORED = "token";

/** Return the claims of the stored token; null without one that is valid now. The API verifies it, the page only reads it. */
op.account = () => {
  try {
    const claims = JSON.parse(atob(sessionStorage.getItem(STORED).split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
    return claims.exp * 1000 > Date.now() && ["operator", "support"].includes(claims.aud) ? claims : null;
  } catch {
    return null;
  }
};
op.mayChange = () => op.account()?.aud === "operator";

op.call = kit.client({ base: "../v1/operator/", words: WORDS, token: async () => {
  if (!op.account()) throw new Error("expired");
  return sessionStorage.getItem(STORED);
} });
op.read = async (path, query) => (await op.call("GET", path, { query })).data;

/** Return a button that changes something; nothing for a support agent. */
op.changeButton = (text, action, look = "", props = {}) => op.mayChange() && kit.button(text, kit.act(action), look, props);

op.signOut = () => { sessionStorage.removeItem(STORED); location.reload(); };

op.signIn = (message) => kit.h("div", { class: "card" }, kit.form({ label: "Sign in", submit: "Sign in",
  fields: [kit.h("h2", { tabindex: -1 }, "Sign in"), message && kit.banner(message, "warn"), kit.field({ name: "token", label: "Token", type: "password", required: true, autocomplete: "off",
    spellcheck: "false", hint: "make ops ARGS=\"token operator you@example.com\" prints one. With the role support you see everything and change nothing. The token stays in this tab." })],
  save: async ({ token }) => {
    sessionStorage.setItem(STORED, token.trim());
    if (!op.account()) {
      sessionStorage.removeItem(STORED);
      throw new kit.Problem("InvalidToken", "", { errors: [{ path: "token", message: "This is not a valid token of an operator or of support, or it has expired." }] });
    }
    await op.read("billing/events", { limit: 1 }).catch((error) => {
      if (error.code !== "SessionExpired") return;
      sessionStorage.removeItem(STORED);
      throw new kit.Problem("InvalidToken", "", { errors: [{ path: "token", message: "The server refuses this token." }] });
    });
    location.reload();
  } }));
