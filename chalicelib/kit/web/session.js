/**
 * The session of a browser: the access token is in memory, the refresh token in a cookie that scripts cannot read. Another
 * tab may sign in as somebody else: then this tab loads again, and sends nothing more.
 */
{
  const MARGIN = 30; // seconds before its end at which a token is replaced
  const PAGE = { "X-Backroom": "page" };
  const ENDED = "Your session has ended. Sign in again.";
  const claims = (token) => JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));

  /** Run `action` in one tab at a time. */
  kit.locked = (name, action) => (navigator.locks ? navigator.locks.request(name, action) : action());

  /**
   * Return a session of the accounts below `base`. `name` is the lock of its tabs, `words` maps codes of problems to
   * sentences, `ended(text)` shows the sign-in when the session is over.
   *
   * It has `user` (the account's id, or null), `role`, the clients `open` (without a token), `call` and `client(base)`,
   * and `read`, `now`, `enter`, `refresh`, `ended` and `signOut`.
   */
  kit.session = ({ base, name, words = {}, ended }) => {
    const own = { user: null, role: null, offset: 0 };
    const texts = { SessionExpired: ENDED, ...words };
    let access = null; // { token, until } with the time of this page, as the clock of the device may be wrong
    let pending = null;

    const client = (at, options) => kit.client({ base: at, words: texts, tries: 3, ...options });
    own.open = client(base, { headers: PAGE });
    own.call = client(base, { headers: PAGE, token: bearer });
    own.client = (at) => client(at, { token: bearer });
    own.read = async (path, query) => (await own.call("GET", path, { query })).data;

    /** Return the time by the clock of the API, as the one of the device may be wrong. */
    own.now = () => new Date(Date.now() + own.offset);

    /** Take an access token; returns the account's id. */
    own.enter = async ({ access_token: token }) => {
      const { sub, aud, exp, iat } = claims(token);
      if (own.user && own.user !== sub) {
        location.reload();
        await new Promise(() => {}); // the page reloads
      }
      access = { token, until: performance.now() + (exp - (iat ?? exp - 900) - MARGIN) * 1000 };
      Object.assign(own, { user: sub, role: aud }, iat && { offset: iat * 1000 - Date.now() });
      return sub;
    };

    /** Get an access token by the cookie. Throws a problem with status 401 if there is no session. */
    own.refresh = () => (pending ??= kit.locked(name, async () => {
      if (!navigator.onLine) throw new kit.Problem("Offline");
      await own.enter((await own.open("POST", "sessions/refresh", { body: {}, repeatable: true })).data);
    }).finally(() => { pending = null; }));

    async function bearer(isRefused) {
      if (access && !isRefused && performance.now() < access.until) return access.token;
      try {
        await own.refresh();
      } catch (error) {
        if (error.status !== 401) throw error;
        own.ended();
        throw new kit.Problem("SessionExpired", texts.SessionExpired);
      }
      return access.token;
    }

    /** Forget the token, and show the sign-in. */
    own.ended = () => {
      access = null;
      if (!own.user) return;
      own.user = null;
      ended(ENDED);
    };

    /** End this device's session; `wipe` removes what the page keeps on the device. */
    own.signOut = async (wipe = () => {}) => {
      await own.call("DELETE", "sessions/current");
      await wipe();
      access = null;
      location.replace(location.pathname);
    };
    return own;
  };
}
