/** Who is signed in: an admin or a support agent; and the API client that sends their token. */
const op = {};
{
  const WORDS = {
    QueueNotFound: "There is no such queue.",
    DeliveryNotFound: "There is no such delivery. Deliveries are stored for 30 days.",
    InvalidShopDomain: "This is not a shop's domain. Write it as example.myshopify.com.",
    FinalInProgress: "This print is being made already.",
    FinalCanceled: "The order line was canceled or refunded, so that nothing is printed.",
    Forbidden: "This account may not do that.",
  };

  op.session = kit.accountSession({ base: "../v1/platform/", roles: ["operator", "support"] });
  op.mayChange = () => op.session.account()?.aud === "operator";
  op.call = kit.client({ base: "../v1/operator/", words: WORDS, token: op.session.token });
  op.read = async (path, query) => (await op.call("GET", path, { query })).data;

  /** Return a button that changes something; nothing for a support agent. */
  op.changeButton = (text, action, look = "", props = {}) => op.mayChange() && kit.button(text, kit.act(action), look, props);

  op.signOut = async () => {
    await op.session.signOut();
    location.reload();
  };
}
