/**
 * Return the session of an account on a page: the access token in memory, the refresh token in a cookie that scripts cannot read.
 *
 * `base` is the URL of the API with the sessions, `roles` are those that the page is for. A token in sessionStorage, which
 * the front door of the local stack puts there, is used as it is.
 */
kit.accountSession = ({ base, roles }) => {
  const STORED = "token";
  const MARGIN = 30; // seconds before its end at which a token is replaced
  const open = kit.client({ base, headers: { "X-Backroom": "page" } });
  let access = null; // { token, claims, until } with the time of this page, as the clock of the device may be wrong
  let pending = null;

  const read = (token) => JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
  const locked = (action) => (navigator.locks ? navigator.locks.request("account-session", action) : action());

  /** Take an access token. An account of another role is not for this page; another account loads the page again. */
  async function take(token) {
    const claims = read(token);
    if (access && access.claims.sub !== claims.sub) {
      location.reload();
      await new Promise(() => {}); // the page is about to go
    }
    const until = performance.now() + (claims.exp - claims.iat - MARGIN) * 1000;
    access = roles.includes(claims.aud) ? { token, claims, until } : null;
  }

  /** Take the token of the front door, if there is one that is valid now. The API verifies it, the page only reads it. */
  function takeStored() {
    try {
      const token = sessionStorage.getItem(STORED), claims = read(token);
      const left = claims.exp * 1000 - Date.now();
      if (left > 0 && roles.includes(claims.aud)) access = { token, claims, until: performance.now() + left };
    } catch {
      // no token, or another text
    }
  }

  const refresh = () => (pending ??= locked(async () => {
    await take((await open("POST", "sessions/refresh", { body: {}, repeatable: true })).data.access_token);
  }).finally(() => { pending = null; }));

  return {
    open,

    /** Return the claims of the signed-in account; null without one. */
    account: () => access?.claims ?? null,

    /** Look for a session and return the claims of its account; null without one. */
    start: async () => {
      if (!access) takeStored();
      if (!access) {
        await refresh().catch((error) => {
          if (error.status !== 401) throw error;
        });
      }
      return access?.claims ?? null;
    },

    /** Return the bearer token for `kit.client`. It throws if there is no session any more. */
    token: async (isRefused) => {
      if (access && !isRefused && performance.now() < access.until) return access.token;
      sessionStorage.removeItem(STORED);
      await refresh();
      if (!access) throw new Error("The session belongs to an account of another role");
      return access.token;
    },

    /** Sign in by `{ email, password, code }`, for this browser. */
    signIn: async (credentials) => {
      const { data } = await open("POST", "sessions", { body: { ...credentials, cookie: true } });
      access = null;
      await take(data.access_token);
      if (access) return;
      await open("POST", "sessions/revoke", { body: {} });
      throw new kit.Problem("Forbidden", "This account is not for this page.");
    },

    signOut: async () => {
      sessionStorage.removeItem(STORED);
      await open("POST", "sessions/revoke", { body: {} }).catch((error) => {
        if (error.status !== 401) throw error; // there is no cookie: the token came from the front door
      });
    },
  };
};
