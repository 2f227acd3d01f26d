/** The shell: navigation, the way out, and the start of the page. */
{
  const SCREENS = {
    today: ["Today", tg.today, "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4M9 15l2 2 4-4"],
    trend: ["Trend", tg.trend, "M4 4v16h16M7 15l4-5 3 3 5-7"],
    dates: ["Dates", tg.dates, "M12 20s-8-5-8-11a4 4 0 0 1 8-1 4 4 0 0 1 8 1c0 6-8 11-8 11z", "Dates and activities"],
    goals: ["Goals", tg.goals, "M6 21V4h12l-3 4 3 4H6", "Goals and challenges"],
    talks: ["Talks", tg.talks, "M4 5h16v11H9l-5 4z"],
    ideas: ["Ideas", tg.ideas, "M9 18h6M10 21h4M7 12a5 5 0 1 1 10 0c0 2-2 3-2 6H9c0-3-2-4-2-6z"],
    notices: ["Notices", tg.notices, "M6 17V11a6 6 0 0 1 12 0v6l2 1H4zM10 21h4"],
    pair: ["Pair", tg.pair, "M9 12a4 4 0 1 1 0 .1M15 12a4 4 0 1 1 0 .1", "Pair with your partner"],
    you: ["You", tg.you, "M12 12a4 4 0 1 0-.1 0M4 21c0-9 16-9 16 0"],
    more: ["More", (place) => more(place), "M5 12h.1M12 12h.1M19 12h.1"],
  };
  const PARTS = { challenges: "goals", achievements: "goals", perks: "you/plan" }; // links of notices to a part of a screen
  const FIRST = ["today", "trend", "dates", "goals"];
  const screen = document.getElementById("screen"), nav = document.getElementById("nav"), bell = document.getElementById("bell");
  let unread = 0;

  const more = (place) => place.replaceChildren(kit.list(Object.entries(SCREENS).filter(([key]) => !FIRST.includes(key) && key !== "more")
    .map(([key, [label, , , title]]) => [kit.h("a", { class: "main entry", href: "#" + key }, kit.h("strong", null, title ?? label))])));

  /** Show how many notices are new. */
  tg.showUnread = (count) => {
    unread = count;
    bell.replaceChildren(tg.icon(SCREENS.notices[2]), kit.h("span", { class: "unseen" }, "Notices"), ...(unread ? [kit.badge(unread > 99 ? "99+" : unread, "good"), kit.h("span", { class: "unseen" }, "new")] : []));
  };

  tg.retitle = (text) => {
    const heading = screen.querySelector("h1");
    heading.textContent = text;
    document.title = text + " – Together";
  };

  /** Open the screen that the address names. */
  function route() {
    if (tg.openLink() || !tg.user) return;
    if (tg.wanted?.kind === "invite" && location.hash === "") return go("pair");
    if (tg.wanted?.kind === "gift" && location.hash === "") return go("you/plan");
    const [key, part] = (PARTS[location.hash.slice(1)] ?? location.hash.slice(1)).split("/");
    if (key === "main") return; // of the skip link
    const name = SCREENS[key] ? key : "today";
    const [label, open, , title] = SCREENS[name];
    const place = kit.h("div");
    nav.hidden = bell.hidden = false;
    for (const each of nav.querySelectorAll("a")) {
      const isHere = each.dataset.key === name || (each.dataset.key === "more" && !FIRST.includes(name) && getComputedStyle(nav.querySelector("[data-key=you]")).display === "none");
      if (isHere) each.setAttribute("aria-current", "page");
      else each.removeAttribute("aria-current");
    }
    tg.onCheckins(() => {});
    screen.replaceChildren(kit.h("div", { class: "stack" }, tg.title(title ?? label), place));
    open(place, part);
    screen.querySelector("h1").focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  const go = (to) => { location.hash = to; };

  /** Open the page for the member who is signed in. */
  tg.start = async (to) => {
    tg.store.keepMember({ id: tg.user, offset: tg.offset });
    if (to && location.hash !== "#" + to) go(to);
    else route();
    await tg.catchUp();
  };

  tg.showUnread(0);
  nav.append(kit.h("ul", null, Object.entries(SCREENS).map(([key, [label, , path]]) => kit.h("li", { class: FIRST.includes(key) ? "first" : key }, kit.h("a", { href: "#" + key, "data-key": key }, tg.icon(path), kit.h("span", null, label))))));
  addEventListener("hashchange", route);

  /** Leave at once: nothing of the page stays on the screen, and the way back leads to a page without content. */
  document.getElementById("leave").addEventListener("click", () => {
    document.body.replaceChildren();
    document.title = "New tab";
    sessionStorage.setItem("left", "1");
    location.replace("about:blank");
  });

  async function begin() {
    if (tg.openLink()) return;
    screen.replaceChildren(kit.loading());
    try {
      await tg.refresh();
    } catch (error) {
      if (error.status === 401) return tg.showSignIn();
      const member = error.code === "Offline" && (await tg.store.member());
      if (!member) return screen.replaceChildren(kit.h("div", { role: "alert" }, kit.banner(error.message, "bad", kit.button("Try again", begin))));
      tg.offset = member.offset ?? 0;
      tg.user = member.id; // only what waits on this device is shown, until there is a connection
    }
    await tg.start();
  }

  kit.watchConnection(document.getElementById("connection"), "You are offline. You can still check in; everything else waits for a connection.");
  if (sessionStorage.getItem("left")) {
    sessionStorage.removeItem("left");
    document.title = "New tab";
    document.body.replaceChildren(kit.h("p", { class: "leaving" }, kit.button("Continue", () => location.reload(), "bare")));
  } else begin();
  navigator.serviceWorker?.register("worker.js").catch(() => {}); // without it the page works, but not offline
}
