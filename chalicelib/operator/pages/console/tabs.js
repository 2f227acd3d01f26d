/** Return the tabs of the signed-in account. */
op.tabs = (id, role) => {
  setTimeout(op.revealTab);
  document.getElementById("account").replaceChildren(kit.badge(role), kit.h("span", { dir: "auto" }, id), kit.button("Sign out", kit.act(op.signOut)));
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
      ["stores", "Stores", op.stores],
      ["jobs", "Jobs", op.jobs],
      ["migrations", "Migrations", op.migrations],
      ["revenue", "Revenue", op.revenue],
      ["performance", "Performance", op.performance],
      ["audit", "Audit", op.audit],
    ]),
  ].filter(Boolean);
};

/** Scroll to the chosen tab: on a phone the tabs are one row. */
op.revealTab = () => document.querySelector("[role=tab][aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "center" });
addEventListener("hashchange", () => setTimeout(op.revealTab));

kit.watchConnection(document.getElementById("connection"));
if (!op.openLink()) op.start();
