/** The member's session; the other parts of the page are added to it. */
const tg = kit.session({
  base: "../v1/together/",
  name: "together-session",
  words: {
    Offline: kit.WORDS.Offline,
    PremiumRequired: "This is part of the premium plans. You find them under You, Plan and credits.",
    CapReached: "You have as many open entries as the plan allows. Finish or delete one first.",
    RelationshipPaused: "The relationship is paused, so that shared entries cannot change.",
    RelationshipEnded: "This relationship has ended.",
  },
  ended: (text) => tg.showSignIn(text),
});

/** Calls of other contexts that serve members, by their path after /v1/. */
tg.elsewhere = tg.client("../v1/");

/** Sign out, and remove everything of the member from this device. */
tg.leave = async () => {
  const waiting = (await tg.store.checkins(tg.user)).length;
  if (waiting && !(await kit.confirm("Sign out?", `${waiting} ${waiting === 1 ? "check-in was" : "check-ins were"} not sent yet and will be deleted.`, "Sign out"))) return;
  await tg.signOut(() => kit.locked("together-checkins", () => tg.store.wipe()));
};
