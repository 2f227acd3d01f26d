/**
 * The session. The access token is in memory; the refresh token is in a cookie that scripts cannot read. Another tab may
 * sign in as somebody else: then this tab loads again, and sends nothing more.
 */
const tg = { user: null, offset: 0 };
{
  const MARGIN = 30; // seconds before its end at which a token is replaced
  const WORDS = {
    Offline: kit.WORDS.Offline,
    PremiumRequired: "This is part of the premium plans. You find them under You, Plan and credits.",
    CapReached: "You have as many open entries as the plan allows. Finish or delete one first.",
    RelationshipPaused: "The relationship is paused, so that shared entries cannot change.",
    RelationshipEnded: "This relationship has ended.",
    SessionExpired: "Your session has ended. Sign in again.",
  };
  let access = null; // { token, until } with the time of this page, as the clock of the device may be wrong
  let pending = null;

  /** The client of calls without an access token. */
  tg.open = kit.client({ base: "../v1/together/", headers: { "X-Backroom": "page" }, words: WORDS, tries: 3 });
  tg.call = kit.client({ base: "../v1/together/", headers: { "X-Backroom": "page" }, words: WORDS, tries: 3, token: bearer });
  /** Calls of other contexts that serve members, by their path after /v1/. */
  tg.elsewhere = kit.client({ base: "../v1/", words: WORDS, tries: 3, token: bearer });
  tg.read = async (path, query) => (await tg.call("GET", path, { query })).data;

  /** Return the time by the clock of the API, as the one of the device may be wrong. */
  tg.now = () => new Date(Date.now() + tg.offset);

  const claims = (token) => JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));

  /** Take an access token; returns the member's id. */
  tg.enter = async ({ access_token: token }) => {
    const { sub, exp, iat } = claims(token);
    if (tg.user && tg.user !== sub) {
      location.reload();
      await new Promise(() => {}); // the page is about to go
    }
    access = { token, until: performance.now() + (exp - (iat ?? exp - 900) - MARGIN) * 1000 };
    tg.user = sub;
    if (iat) tg.offset = iat * 1000 - Date.now();
    return sub;
  };

  /** Get an access token by the cookie. Raises a problem with status 401 if there is no session. */
  tg.refresh = () => (pending ??= locked("together-session", async () => {
    if (!navigator.onLine) throw new kit.Problem("Offline");
    await tg.enter((await tg.open("POST", "sessions/refresh", { body: {}, repeatable: true })).data);
  }).finally(() => { pending = null; }));

  const locked = (name, action) => (navigator.locks ? navigator.locks.request(name, action) : action());
  tg.locked = locked;

  async function bearer(isRefused) {
    if (access && !isRefused && performance.now() < access.until) return access.token;
    try {
      await tg.refresh();
    } catch (error) {
      if (error.status !== 401) throw error;
      tg.ended();
      throw new kit.Problem("SessionExpired", WORDS.SessionExpired);
    }
    return access.token;
  }

  /** Show the sign-in, as the session is over. */
  tg.ended = () => {
    access = null;
    if (!tg.user) return;
    tg.user = null;
    tg.showSignIn("Your session has ended. Sign in again.");
  };

  /** End this device's session, and remove everything of the member from it. */
  tg.signOut = async () => {
    const waiting = (await tg.store.checkins(tg.user)).length;
    if (waiting && !(await kit.confirm("Sign out?", `${waiting} ${waiting === 1 ? "check-in was" : "check-ins were"} not sent yet and will be deleted.`, "Sign out"))) return;
    await tg.call("DELETE", "sessions/current");
    await locked("together-checkins", () => tg.store.wipe());
    access = null;
    location.replace(location.pathname);
  };
}
