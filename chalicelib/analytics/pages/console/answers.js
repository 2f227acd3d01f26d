/** Answers of the API with their age, ranges of days, and the parts that tabs have in common. */
const STALE_SECONDS = 3600;
const DAY = 86400000;
const WHOLE = new Intl.NumberFormat();
const PERCENT = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const answers = new Map();

an.number = (value) => (value === null || value === undefined ? "–" : WHOLE.format(value));
an.percent = (value) => (value === null || value === undefined ? "–" : PERCENT.format(value));
an.money = (value, currency) => (value === null || value === undefined ? "–" : new Intl.NumberFormat(undefined, { style: "currency", currency }).format(value));
an.duration = (seconds) => {
  if (seconds === null || seconds === undefined) return "–";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return whole < 172800 ? `${an.number(Math.round(whole / 360) / 10)} h` : `${an.number(Math.round(whole / 8640) / 10)} days`;
};
an.text = (value) => kit.h("span", { dir: "auto" }, value ?? "");

/**
 * Show an answer in `place`. If it cannot be read because the service or the connection fails, the last answer of this
 * page is shown with its time.
 */
an.load = (place, path, query, render) => kit.load(place, async () => {
  const name = JSON.stringify([path, query]);
  try {
    answers.set(name, { data: await an.read(path, query), at: new Date() });
    return answers.get(name);
  } catch (error) {
    const isPassing = error.code !== "SessionExpired" && (error.status === 0 || error.status >= 500);
    if (!isPassing || !answers.has(name)) throw error;
    return { ...answers.get(name), error };
  }
}, ({ data, at, error }) => kit.h("div", { class: "stack" }, error && kit.banner(`${error.message} These numbers are as of ${kit.date(at)}.`, "warn",
  kit.button("Try again", () => an.load(place, path, query, render))), render(data)));

/** Say when numbers were computed; loudly if that is over an hour ago. */
an.asOf = (moments) => {
  const latest = moments.filter(Boolean).sort().at(-1);
  if (!latest) return null;
  const hours = (Date.now() - new Date(latest)) / 3600000;
  const text = `As of ${kit.date(latest)}`;
  return hours * 3600 < STALE_SECONDS ? kit.h("p", { class: "soft" }, text + ".")
    : kit.banner(`${text}: nothing newer was counted for ${hours < 48 ? an.number(Math.floor(hours)) + " h" : an.number(Math.floor(hours / 24)) + " days"}.`, "warn");
};

/** Return today's date at the site (UTC without a site), and the dates from `days` - 1 before it. */
an.today = () => new Intl.DateTimeFormat("sv-SE", { timeZone: an.site?.time_zone || "UTC" }).format(new Date());
an.dayBefore = (day, days) => new Date(Date.parse(day) - days * DAY).toISOString().slice(0, 10);
an.range = (days) => ({ from: an.dayBefore(an.today(), days - 1), to: an.today() });
an.daysOf = ({ from, to }) => Array.from({ length: Math.round((Date.parse(to) - Date.parse(from)) / DAY) + 1 }, (_, n) => an.dayBefore(from, -n));

/** Return a form of filters that calls `search(values)` on each change, and at first. */
an.filters = (label, fields, search) => {
  const form = kit.h("form", { class: "card columns filters", "aria-label": label, onsubmit: (event) => { event.preventDefault(); run(); } }, fields);
  const run = () => search(kit.values(form));
  form.addEventListener("change", run);
  queueMicrotask(run);
  return form;
};

let chosenDays = 30; // the same in every tab
an.daysField = () => kit.field({ name: "days", label: "Days", tag: "select", value: chosenDays, options: [7, 30, 90, 366].map((days) => [days, `The last ${days}`]) });

/** Show a tab with filters: `read(place, range, values)` shows the result of the chosen days in `place`. */
an.ranged = (panel, title, fields, read, ...actions) => {
  const place = kit.h("div", null);
  panel.replaceChildren(kit.h("div", { class: "stack" }, an.heading(title, ...actions), an.filters(title, [...fields, an.daysField()], (values) => {
    chosenDays = Number(values.days);
    read(place, an.range(chosenDays), values);
  }), place));
};

an.heading = (text, ...actions) => kit.h("div", { class: "row apart" }, kit.h("h2", { tabindex: -1 }, text), kit.h("div", { class: "row" }, actions));
an.card = (title, ...content) => kit.h("section", { class: "card stack tight", "aria-label": title }, kit.h("h3", null, title), content);
an.chart = (spec) => kit.h("div", { class: "card" }, kit.chart(spec));

/** Return numbers with their names, and a small line of their days where `values` are given. */
an.figures = (figures) => kit.h("dl", { class: "figures card" }, figures.map(([name, value, values]) => kit.h("div", null, kit.h("dt", null, name),
  kit.h("dd", null, value), values?.length > 1 && kit.h("dd", null, kit.sparkline({ title: name, values })))));

/** Show a list of the API in `place` with its next pages. */
an.list = (place, { path, query, caption, columns, empty }) => an.load(place, path, { limit: 25, ...query }, (first) => {
  const rows = [];
  let cursor;
  const table = kit.h("div", null);
  const next = kit.button("Show more", kit.act(async () => show(await an.read(path, { limit: 25, ...query, cursor }))));
  const show = (page) => {
    rows.push(...page.items);
    cursor = page.next_cursor;
    next.hidden = !cursor;
    table.replaceChildren(rows.length ? kit.table(caption, columns, rows) : kit.empty(...empty));
  };
  show(first);
  return kit.h("div", { class: "stack" }, table, next);
});
