/** The console: sign-in, or the tabs. */
const main = document.getElementById("main");
const account = op.account();
if (account) {
  document.getElementById("account").append(kit.badge(account.aud), kit.h("span", { dir: "auto" }, account.sub), kit.button("Sign out", op.signOut));
  if (!op.mayChange()) main.append(kit.h("p", { class: "soft" }, "With the role support you see everything and change nothing."));
  main.append(kit.tabs("Operator's console", [
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
  ]));
} else {
  main.append(op.signIn(sessionStorage.getItem(STORED) && "Your token has expired or belongs to another role. Paste a new one."));
}
kit.watchConnection(document.getElementById("connection"));
