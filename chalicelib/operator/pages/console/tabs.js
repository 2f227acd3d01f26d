/** Return the tabs of the signed-in account. */
op.tabs = () => {
  const { aud, sub } = op.session.account();
  document.getElementById("account").replaceChildren(kit.badge(aud), kit.h("span", { dir: "auto" }, sub), kit.button("Sign out", kit.act(op.signOut)));
  return [
    !op.mayChange() && kit.h("p", { class: "soft" }, "With the role support you see everything and change nothing."),
    kit.tabs("Operator's console", [
      ["shops", "Shops", op.shops],
      ["deliveries", "Deliveries", op.deliveries],
      ["stripe", "Stripe events", op.stripe],
      ["dead-letters", "Dead letters", op.deadLetters],
      ["generations", "Generations", op.generations],
      ["retention", "Retention", op.retention],
      ["privacy", "Privacy", op.privacy],
      ["sizes", "Sizes", op.sizes],
      ["perks", "Perks", op.perks],
      ["partners", "Partners", op.partners],
      ["bookings", "Bookings", op.bookings],
    ]),
  ].filter(Boolean);
};

/** Show the tabs, or the sign-in if nobody is signed in. */
op.start = () => kit.load(document.getElementById("main"), op.session.start, (account) => (account ? op.tabs() : op.signIn()));

kit.watchConnection(document.getElementById("connection"));
{
  const [, token] = location.hash.match(/^#reset=(.+)/) || [];
  if (token) document.getElementById("main").replaceChildren(op.reset(token));
  else op.start();
}
