/** The shell: which screen the address names, and the start of the page. */
{
  const screen = document.getElementById("screen"), nav = document.getElementById("nav");
  const SCREENS = { stores: ["Stores", st.stores], new: ["New store", st.newStore], account: ["Account", st.account] };
  const OF_STORE = { "": ["Store", st.store], database: ["Database", st.database], rows: ["Rows", st.rows], keys: ["Keys", st.keys],
    csv: ["CSV files", st.csvFile], import: ["Import a CSV file", st.import], backups: ["Backups", st.backups], restore: ["Restore", st.restore],
    move: ["Move the store", st.move], takeover: ["Take over rows", st.takeover], storage: ["Media storage", st.storage], delete: ["Delete the store", st.deletion] };

  /** Replace the heading of the screen, unless another one is open by now. */
  st.retitle = (place, text) => { if (place.isConnected) screen.querySelector("h1").replaceWith(st.title(text)); };

  /** Open the screen that the address names. */
  function route() {
    if (st.openLink() || !st.user) return;
    const [key, ...rest] = location.hash.slice(1).split("/").map(decodeURIComponent);
    if (key === "main") return; // of the skip link
    const [store, part = "", ...more] = key === "store" ? rest : [];
    const [label, open] = (store ? OF_STORE[part] : SCREENS[key]) ?? SCREENS.stores;
    const place = kit.h("div");
    nav.hidden = false;
    for (const link of nav.querySelectorAll("a")) {
      const isHere = link.hash === (key === "account" ? "#account" : "#stores");
      if (isHere) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    screen.replaceChildren(kit.h("div", { class: "stack" }, st.title(label), place));
    open(place, store, ...more);
    screen.querySelector("h1").focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  /** Open the page for the owner who is signed in. */
  st.start = async () => route();

  async function begin() {
    if (st.openLink()) return;
    screen.replaceChildren(kit.loading());
    try {
      await st.refresh();
    } catch (error) {
      if (error.status === 401) return st.showSignIn();
      return screen.replaceChildren(kit.h("div", { role: "alert" }, kit.banner(error.message, "bad", kit.button("Try again", begin))));
    }
    if (st.role !== "owner") return st.showAlone(st.title("Stores"), kit.banner("This browser is signed in as staff.", "warn", kit.h("a", { class: "button", href: "../operator/app" }, "To the console")));
    await st.start();
  }

  kit.watchConnection(document.getElementById("connection"));
  addEventListener("hashchange", route);
  begin();
}
