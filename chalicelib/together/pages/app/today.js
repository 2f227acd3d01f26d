/** The day: check-ins of both, the streak, and what is open. */
const SCORES = [["connection_score", "How close do you feel?", "far apart", "very close"], ["mood_score", "How is your mood?", "low", "great"],
  ["relationship_satisfaction", "How content are you with the two of you?", "not at all", "fully"]];
const NOTES = [["gratitude_note", "I am grateful for"], ["highlight", "The best of the day"], ["support_needed", "What would help me"]];
const SHORT = { connection_score: "Closeness", mood_score: "Mood", relationship_satisfaction: "Contentment" };

tg.today = async (place) => {
  const again = () => tg.today(place);
  tg.onCheckins(() => place.isConnected && !place.querySelector("form")?.isChanged && again()); // nothing typed is lost
  await kit.load(place, () => readToday(), (data) => kit.h("div", { class: "stack" },
    waitingBanners(data.waiting, again),
    data.board ? dayCards(data.board, data.waiting, again) : offlineCards(data.waiting, again)));
};

/** Read the dashboard; without a connection what this device knows. */
async function readToday() {
  const waiting = await tg.store.checkins(tg.user);
  try {
    const board = await tg.read("dashboard");
    tg.isPartial = false;
    tg.showUnread(board.unread);
    tg.store.keepMember({ id: tg.user, offset: tg.offset });
    return { board, waiting };
  } catch (error) {
    if (error.code !== "Offline") throw error;
    tg.isPartial = true;
    return { board: null, waiting };
  }
}

const waitingBanners = (waiting, again) => waiting.map((entry) => (entry.refused
  ? kit.h("div", { role: "alert" }, kit.banner(`Your check-in of ${tg.dayText(entry.date)} was not accepted: ${entry.refused}`, "bad", kit.button("Remove it", kit.act(async () => {
    await tg.store.removeCheckin(entry.user, entry.date);
    again();
  }))))
  : kit.banner(`Your check-in of ${tg.dayText(entry.date)} waits on this device and is sent when there is a connection.`, "warn")));

const offlineCards = (waiting, again) => tg.section("Your check-in", null, checkinForm(tg.day(), waiting.find((entry) => entry.date === tg.day())?.body, again));

function dayCards(board, waiting, again) {
  const { partner, checkins, streak } = board;
  const days = [tg.day(), tg.day(1), tg.day(2)];
  const own = (day) => waiting.find((entry) => entry.date === day && !entry.refused)?.body ?? checkins.find((row) => row.checkin_date === day && row.is_mine);
  const theirs = (day) => checkins.find((row) => row.checkin_date === day && !row.is_mine);
  const body = kit.h("div");
  const show = (day, isOpen = !own(day)) => body.replaceChildren(isOpen ? checkinForm(day, own(day), again) : checkinSummary(own(day), kit.button("Change", () => show(day, true))));
  const picker = kit.h("select", { "aria-label": "Day of the check-in", onchange: () => show(picker.value) }, days.map((day, back) => kit.h("option", { value: day }, ["Today", "Yesterday", "Two days ago"][back])));
  show(days[0]);
  return kit.h("div", { class: "board" },
    kit.h("div", { class: "stack" }, !partner && aloneBanner(),
      tg.section("Your check-in", picker, body), partner && partnerCard(partner, theirs(days[0]), Boolean(own(days[0])))),
    kit.h("div", { class: "stack" }, streakCard(streak, partner), datesCard(board.dates), goalsCard(board.goals, again), challengesCard(board.challenges, again), activitiesCard(board.activities)));
}

const aloneBanner = () => kit.banner("You use Together alone so far, and everything works. Your partner can join at any time.", "", kit.h("a", { class: "button", href: "#pair" }, "Invite your partner"));

const scoreList = (row) => kit.h("ul", { class: "scores" }, SCORES.map(([name]) => kit.h("li", null, kit.h("span", { class: "soft" }, SHORT[name]), kit.h("strong", null, row[name] ?? "–"))));
const notesOf = (row) => NOTES.filter(([name]) => row[name]).map(([name, label]) => kit.h("p", null, kit.h("span", { class: "soft" }, label + ": "), tg.text(row[name])));

const checkinSummary = (row, ...actions) => kit.h("div", { class: "stack tight" }, scoreList(row), notesOf(row), kit.h("div", { class: "row" }, row.is_private && kit.badge("Private"), actions));

/** Show the partner's day. The API hides it until the member has checked in, too. */
function partnerCard(partner, row, isMutual) {
  const name = partner.display_name;
  return tg.section(name, null, !row ? kit.h("p", { class: "soft" }, isMutual ? `${name} has not checked in today.` : `You see the day of ${name} once you have checked in, too.`)
    : row.mood_score === null ? kit.h("p", null, `${name} checked in, privately.`) : checkinSummary(row));
}

const figure = (value, unit, label) => kit.h("div", { class: "figure" }, kit.h("strong", null, value), kit.h("span", { class: "soft" }, `${unit} ${label}`));
const streakCard = (streak, partner) => tg.section("Streak", null, kit.h("div", { class: "figures" },
  figure(streak.mine.current, streak.mine.current === 1 ? "day" : "days", "by you"), partner && streak.couple && figure(streak.couple.current, streak.couple.current === 1 ? "day" : "days", "by both")),
kit.h("p", { class: "soft" }, `The longest so far: ${tg.count(streak.mine.longest, "day")}${partner && streak.couple ? `, by both ${tg.count(streak.couple.longest, "day")}` : ""}.`));

const datesCard = (dates) => tg.section("Next dates", kit.h("a", { class: "button bare", href: "#dates" }, "All"), dates.length
  ? kit.list(dates.slice(0, 3).map((row) => tg.row(row.title, row.next_on ? `${tg.dayText(row.next_on)}, ${tg.away(row.next_on)}` : ""))) : kit.h("p", { class: "soft" }, "No dates yet."));

const goalsCard = (goals, again) => tg.section("Goals", kit.h("a", { class: "button bare", href: "#goals" }, "All"), goals.length
  ? kit.list(goals.slice(0, 4).map((row) => tg.goalRow(row, again))) : kit.h("p", { class: "soft" }, "No open goals."));

const challengesCard = (challenges, again) => (challenges.length ? tg.section("Challenges", null, kit.list(challenges.map((row) => tg.challengeRow(row, again)))) : null);

const activitiesCard = (activities) => tg.section("Planned", kit.h("a", { class: "button bare", href: "#dates" }, "All"), activities.length
  ? kit.list(activities.slice(0, 3).map((row) => tg.row(row.title, [row.planned_at && kit.date(row.planned_at), row.location]))) : kit.h("p", { class: "soft" }, "Nothing is planned."));

/** Return the form of a check-in. It is kept on the device until the API has it. */
function checkinForm(day, row, again) {
  const form = kit.form({ label: "Check-in", submit: "Save the check-in", fields: [
    SCORES.map(([name, label, low, high]) => tg.scale({ name, label, low, high, value: row?.[name] })),
    NOTES.map(([name, label]) => tg.note(name, label, { value: row?.[name] })),
    kit.field({ name: "is_private", label: "Private: your partner sees only that you checked in.", type: "checkbox", value: row?.is_private }),
  ], save: async (values) => {
    const body = tg.emptied({ ...values, ...Object.fromEntries(SCORES.map(([name]) => [name, Number(values[name])])) });
    const answer = await tg.saveCheckin(day, body);
    kit.toast(answer ? "Your check-in is saved." : "Kept on this device. It is sent when there is a connection.");
    again();
  } });
  form.addEventListener("input", () => { form.isChanged = true; });
  return form;
}
