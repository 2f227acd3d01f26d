/** The API client of the pages: retries, problems in words, ETags, idempotency keys, session tokens. */
const kit = {};

kit.data = () => JSON.parse(document.getElementById("data").textContent);

kit.WORDS = {
  Offline: "There is no connection. Please try again when you are online.",
  SessionExpired: "Your session has expired. Load the page again to continue.",
  VersionMismatch: "Somebody else changed this in the meantime. Load it again to see how it is now.",
  TooManyRequests: "Too many requests at once. Please try again in a minute.",
  Unavailable: "The service is busy. Please try again in a minute.",
  InternalError: "Something went wrong. Please try again.",
};

/** An error in words for the person; `fields` maps a field's name to what is wrong with it. */
kit.Problem = class extends Error {
  constructor(code, message, { status = 0, errors = [] } = {}) {
    super(message || kit.WORDS[code] || kit.WORDS.InternalError);
    this.code = code;
    this.status = status;
    this.fields = {};
    for (const { path, message: text } of errors) this.fields[path.replace(/^(body|query)\./, "")] ??= text;
  }
};

kit.LONGEST_PAUSE = 10; // seconds between two attempts

/** Wait until the time is over or the network is back. */
kit.pause = (seconds) => new Promise((done) => {
  const end = () => { clearTimeout(timer); removeEventListener("online", end); done(); };
  const timer = setTimeout(end, seconds * 1000);
  addEventListener("online", end);
});

/**
 * Return a function `call(method, path, options)` that resolves to `{ data, etag, status }` or throws a `kit.Problem`.
 *
 * `token(isRefused)` returns a promise of the bearer token (`isRefused`: the API refused the last one), `words` maps codes
 * of problems to sentences, `waiting(isOffline)` is called before each retry, `headers` go with every request. Options of
 * a call: `body` (sent as JSON), `etag` (If-Match), `key` (true, or the key: the request carries an Idempotency-Key, so that it
 * may be repeated), `repeatable` (true: it may be repeated without one), `query` (empty values are left out).
 */
kit.client = ({ base, token, words = {}, headers: common = {}, tries = 4, timeout = 30, waiting = () => {} }) => {
  const keys = new Map(); // a request that got no response is repeated with its first key

  async function bearer(isRefused) {
    let timer;
    const late = new Promise((_, fail) => { timer = setTimeout(() => fail(new Error("The token is late")), timeout * 1000); });
    try {
      return await Promise.race([token(isRefused), late]);
    } catch (error) {
      if (error instanceof kit.Problem) throw error;
      throw new kit.Problem(navigator.onLine ? "SessionExpired" : "Offline");
    } finally {
      clearTimeout(timer);
    }
  }

  async function send(method, url, options, isRefused) {
    const headers = { ...common };
    if (token) headers.Authorization = "Bearer " + (await bearer(isRefused));
    if (options.body !== undefined) headers["Content-Type"] = "application/json";
    if (options.etag) headers["If-Match"] = options.etag;
    if (options.key) headers["Idempotency-Key"] = options.key;
    const ended = new AbortController();
    const timer = setTimeout(() => ended.abort(), timeout * 1000);
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    try {
      const response = await fetch(url, { method, headers, body, signal: ended.signal });
      return { response, data: parse(await response.text()) };
    } finally {
      clearTimeout(timer);
    }
  }

  function parse(text) {
    try {
      return JSON.parse(text) || {};
    } catch {
      return {};
    }
  }

  /** Return whether the API refuses the token; a wrong password in the body needs no other token. */
  const isRefused = (response, body) => response.status === 401 && token && body.code !== "InvalidCredentials";

  function failure(response, body) {
    const code = isRefused(response, body) ? "SessionExpired" : body.code || "InternalError";
    const status = { 429: "TooManyRequests", 503: "Unavailable" }[response.status];
    const text = words[code] || kit.WORDS[code] || body.detail || body.title || kit.WORDS[status];
    return new kit.Problem(code, text, { status: response.status, errors: body.errors });
  }

  return async function call(method, path, options = {}) {
    const query = new URLSearchParams(Object.entries(options.query || {}).filter(([, value]) => value));
    const url = base + path + (String(query) && "?" + query);
    const name = method + " " + url + " " + JSON.stringify(options.body);
    if (options.key === true && !keys.has(name)) keys.set(name, crypto.randomUUID());
    const keyed = { ...options, key: options.key === true ? keys.get(name) : options.key }; // keep the key: a concurrent call may delete it from `keys`
    const safe = method === "GET" || options.key || options.repeatable;
    const repeatable = safe || (["PUT", "DELETE"].includes(method) && !options.etag); // a lost success would look like 412
    let refreshed = false;
    for (let attempt = 1; ; attempt++) {
      let response = null, body = {};
      try {
        ({ response, data: body } = await send(method, url, keyed, refreshed));
      } catch (error) {
        if (error instanceof kit.Problem && error.code !== "Offline") throw error;
      }
      if (response?.ok) {
        keys.delete(name);
        return { data: body, etag: response.headers.get("ETag"), status: response.status };
      }
      if (response && isRefused(response, body) && !refreshed) {
        refreshed = true; // the next attempt asks for a new token
        continue;
      }
      const after = Number(response?.headers.get("Retry-After")) || 0;
      // a limit that is free in an hour is told at once
      const busy = response && (response.status >= 502 || (response.status === 429 && after && after <= kit.LONGEST_PAUSE));
      const unsent = busy && response.status !== 502 && response.status !== 504;
      if (attempt < tries && (response ? busy && (repeatable || (unsent && method !== "POST")) : repeatable)) {
        waiting(!response);
        await kit.pause(Math.min(Math.max(after, 2 ** (attempt - 1) * (0.5 + Math.random() / 2)), kit.LONGEST_PAUSE));
        continue;
      }
      if (response && response.status < 500) keys.delete(name); // after a 5xx the work may be done
      throw response ? failure(response, body) : new kit.Problem("Offline", words.Offline);
    }
  };
};

/** Return every item of a list of the API, over all of its pages. */
kit.all = async (call, path, query = {}) => {
  const items = [];
  let cursor = null;
  do {
    const { data } = await call("GET", path, { query: { ...query, limit: 100, cursor } });
    items.push(...data.items);
    cursor = data.next_cursor;
  } while (cursor);
  return items;
};
