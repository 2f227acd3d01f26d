/** What the three pages share: the API, the links between them, and how values are written. */
const app = kit.data();
const WORDS = {
  NameTaken: "Another discount has this code or title.",
  LimitReached: "Your shop has reached this limit.",
  DiscountTooLarge: "One discount cannot have this many items. Split them into several discounts.",
  TestRunning: "A price test of this discount is running. Stop it first.",
  InvitationNotFound: "This invitation is wrong, used or older than 15 minutes. Ask for a new one.",
  StoreGroupJoined: "This store is already in a group. Leave it first.",
  ForbiddenAddress: "This address cannot be watched. Use the public https address of a product.",
  FigureExportNotFound: "This export has expired. Make a new one.",
};
app.call = kit.client({ base: app.api + "discounts/", token: () => shopify.idToken(), words: WORDS });
app.read = async (path, query) => (await app.call("GET", path, { query })).data;
app.all = (path, query) => kit.all(app.call, path, query);
app.shop = async () => (await kit.client({ base: app.api, token: () => shopify.idToken() })("GET", "shops/me")).data;

app.main = document.getElementById("main");
document.getElementById("title").textContent = app.links.find((link) => link.is_here).title;
app.href = (title) => app.links.find((link) => link.title === title).href + location.search;
document.getElementById("pages").append(...app.links.map((link) => kit.h("a", { href: link.href + location.search, "aria-current": link.is_here && "page" }, link.title)));
kit.watchConnection(document.getElementById("connection"));

const whole = new Intl.NumberFormat("en");
app.number = (value) => whole.format(value);
app.money = (amount, currency) => {
  if (amount === null || amount === undefined) return "";
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).format(amount);
  } catch {
    return `${amount} ${currency || ""}`.trim();
  }
};
app.text = (value) => (value ? kit.h("span", { dir: "auto" }, value) : "");
app.section = (title, ...content) => kit.h("section", { class: "card stack", "aria-label": title }, kit.h("h2", null, title), content);

const MOST_ROWS = 500; // more of them make every change of the page slow

/** Return a list with its pages: `read(cursor)` returns one; `render(rows)` shows the rows so far, the last 500 at most. */
app.paged = (read, render) => {
  const place = kit.h("div", { class: "stack" });
  const rows = [];
  let count = 0;
  const more = async (cursor) => {
    const { items, next_cursor } = await read(cursor);
    rows.push(...items);
    count += items.length;
    rows.splice(0, Math.max(0, rows.length - MOST_ROWS));
    const button = next_cursor && kit.button("Show more", kit.act(() => more(next_cursor)));
    const progress = rows.length < count ? `Rows ${app.number(count - rows.length + 1)} to ${app.number(count)}; an export has all of them` : next_cursor && `${app.number(count)} rows so far`;
    const hadFocus = place.contains(document.activeElement);
    place.replaceChildren(render(rows), kit.h("div", { class: "row" }, button, kit.h("span", { class: "soft", tabindex: -1 }, progress || "")));
    if (hadFocus) (button || place.querySelector("[tabindex='-1']")).focus();
  };
  return { place, open: () => more(null) };
};
