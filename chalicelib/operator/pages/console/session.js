/** Who is signed in: an admin or a support agent; the screens without a session, and the API client that sends the token. */
const op = {};
{
  const ROLES = ["operator", "support"];
  const STORED = "token"; // in sessionStorage: the front door of the local stack puts a token there
  const WORDS = {
    QueueNotFound: "There is no such queue.",
    DeliveryNotFound: "There is no such delivery. Deliveries are stored for 30 days.",
    InvalidShopDomain: "This is not a shop's domain. Write it as example.myshopify.com.",
    FinalInProgress: "This print is being made already.",
    FinalCanceled: "The order line was canceled or refunded, so that nothing is printed.",
    JobNotRetryable: "This job cannot be retried any more. Its owner starts a new one.",
    Forbidden: "This account may not do that.",
  };
  const main = document.getElementById("main");

  const session = kit.session({ base: "../v1/platform/", name: "platform-session", words: WORDS, ended: (text) => screens.showSignIn(text) });
  const screens = kit.accounts({
    session,
    brand: "Operator's console",
    intro: "For support and admins. The command backroom ops staff add adds an account.",
    show: (...content) => {
      document.getElementById("account").replaceChildren();
      main.replaceChildren(kit.h("div", { class: "stack narrow" }, content.filter(Boolean)));
      main.querySelector("h1, h2").focus();
    },
    start: () => op.start(),
    minlength: 12,
    level: "h2",
  });
  op.openLink = screens.openLink;

  op.mayChange = () => session.role === "operator";
  op.call = session.client("../v1/operator/");
  op.platform = session.client("../v1/platform/"); // the routes below a store, which owners and operators share
  op.read = async (path, query) => (await op.call("GET", path, { query })).data;

  /** Return a button that changes something; nothing for a support agent. */
  op.changeButton = (text, action, look = "", props = {}) => op.mayChange() && kit.button(text, kit.act(action), look, props);

  /** Show the tabs, or the sign-in if nobody of the staff is signed in. */
  op.start = async () => {
    await kit.load(main, async () => {
      if (!session.user) await enter();
    }, () => (ROLES.includes(session.role) ? op.tabs(session.user, session.role) : []));
    if (document.activeElement === main) main.querySelector("[role=tab][aria-selected=true]")?.focus();
    if (!main.childElementCount) screens.showSignIn(session.role && "This account is not one of the staff.");
  };

  /** Take the token of the front door, else get one by the cookie. */
  async function enter() {
    if (isValid(sessionStorage.getItem(STORED))) {
      await session.enter({ access_token: sessionStorage.getItem(STORED) });
      return;
    }
    await session.refresh().catch((error) => {
      if (error.status !== 401) throw error;
    });
  }

  function isValid(token) {
    try {
      const { aud, exp } = JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
      return exp * 1000 > Date.now() && ROLES.includes(aud);
    } catch {
      return false;
    }
  }

  op.signOut = async () => {
    sessionStorage.removeItem(STORED);
    await session.open("POST", "sessions/revoke", { body: {} }).catch((error) => {
      if (error.status !== 401) throw error; // without a cookie: the token came from the front door
    });
    location.reload();
  };
}
