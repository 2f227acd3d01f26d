/** The owner's session; the other parts of the page are added to it. */
const st = kit.session({
  base: "../v1/platform/",
  name: "platform-session",
  words: {
    StoreNotProvisioned: "The store has no database yet.",
    PlanLimitReached: "The plan's limit is reached. A larger plan allows more.",
    StoreSuspended: "The store is suspended.",
  },
  ended: (text) => st.showSignIn(text),
});

{
  const MARGIN = 30; // seconds before its end at which a token is replaced
  const clients = new Map();

  /** Return the client of a store's data API. It calls with an access token of the store, which lasts 15 minutes. */
  st.dataOf = (store) => {
    if (!clients.has(store)) {
      let token = null, until = 0;
      clients.set(store, kit.client({ base: "../v1/store/", tries: 3, token: async (isRefused) => {
        if (!token || isRefused || performance.now() > until) {
          const { data } = await st.call("POST", `stores/${encodeURIComponent(store)}/token`, { repeatable: true });
          token = data.access_token;
          until = performance.now() + (data.expires_in - MARGIN) * 1000;
        }
        return token;
      } }));
    }
    return clients.get(store);
  };
}
