/** Lists of the console: a table with filters, pages and words for an empty one. */
const PAGE = 25;
const NUMBER = new Intl.NumberFormat();
op.number = (value) => NUMBER.format(value);
op.bytes = (value) => {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const at = value ? Math.min(Math.floor(Math.log10(value) / 3), units.length - 1) : 0;
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: at ? 1 : 0 }).format(value / 1000 ** at)} ${units[at]}`;
};
/** Return the local time of a field as the API's UTC; an empty text stays empty. */
op.time = (local) => local && new Date(local).toISOString();
/** Return the local time of a field as the start of the API's times, which compare as text; an empty text stays empty. */
op.since = (local) => local && new Date(local).toISOString().slice(0, -1);
op.sinceField = () => kit.field({ name: "since", label: "Since", type: "datetime-local", hint: "In your time zone." });
op.text = (value) => kit.h("span", { dir: "auto" }, value ?? "");
op.heading = (text, ...actions) => kit.h("div", { class: "row apart" }, kit.h("h2", { tabindex: -1 }, text), kit.h("div", { class: "row" }, actions));
op.facts = (pairs) => kit.h("dl", null, pairs.filter(([, value]) => value !== null && value !== undefined && value !== "")
  .flatMap(([name, value]) => [kit.h("dt", null, name), kit.h("dd", { dir: "auto" }, value)]));
const LOOKS = Object.fromEntries(Object.entries({ bad: ["failed"], good: ["processed", "completed", "active"], warn: ["received", "processing", "pending", "running",
  "testing", "creating", "migrating", "seeding", "provisioning", "moving", "suspended", "deleting", "stopped"] })
  .flatMap(([look, names]) => names.map((name) => [name, look])));
op.status = (status) => (status ? kit.badge(status, LOOKS[status]) : "");
op.percent = (share) => `${Math.round(share * 100)} %`;

/**
 * Read pages until one has rows that match, or ten had none: filters apply to each page of the API. No page is read after
 * one with a row for which `isEnd(row)` is true.
 */
async function readPage({ call = op.call, path, query = {}, matches = () => true, isEnd = () => false }, cursor) {
  let items, last;
  for (let pages = 0; pages < 10; pages++) {
    const { data } = await call("GET", path, { query: { limit: PAGE, ...query, cursor } });
    items = data.items.filter(matches);
    last = data.items.at(-1) ?? last;
    cursor = data.items.some(isEnd) ? null : data.next_cursor;
    if (items.length || !cursor) break;
  }
  return { items, cursor, last };
}

/**
 * Show a list of the API in `place`, read with `call` (the operator's by default). `more(rows)` may return a button to stand above the table, `reach(row)` words that
 * say how far the list was read, up to this row.
 */
op.list = (place, { caption, columns, empty, more = () => null, reach = () => "", ...list }) => kit.load(place, () => readPage(list, null), (first) => {
  const rows = [];
  let cursor;
  const table = kit.h("div", { class: "stack" });
  const next = kit.button("Show more", kit.act(async () => {
    show(await readPage(list, cursor));
  }));
  const show = (page) => {
    rows.push(...page.items);
    cursor = page.cursor;
    next.hidden = !cursor;
    const words = cursor && page.last ? reach(page.last) : "";
    const above = more(rows);
    table.replaceChildren(...[above && kit.h("p", null, above), rows.length ? kit.table(caption, columns, rows) : kit.empty(...empty),
      words && kit.h("p", { class: "soft" }, words), next].filter(Boolean));
  };
  show(first);
  return table;
});

/** Return a form of filters that calls `search(values)` on each change, and at first. */
op.filters = (label, fields, search) => {
  const form = kit.h("form", { class: "card columns filters", "aria-label": label, onsubmit: (event) => { event.preventDefault(); run(); } }, fields);
  const run = () => search(Object.fromEntries(Object.entries(kit.values(form)).map(([name, value]) => [name, String(value ?? "").trim()])));
  form.addEventListener("change", run);
  queueMicrotask(run);
  return form;
};

/** Do something to each row, one after the other; what fails does not stop the rest. */
op.each = async (rows, action) => {
  const failed = [];
  for (const row of rows) {
    try {
      await action(row);
    } catch (error) {
      if (!(error instanceof kit.Problem) || ["Offline", "SessionExpired"].includes(error.code)) throw error;
      failed.push(error.message);
    }
  }
  kit.toast(failed.length ? `${rows.length - failed.length} done, ${failed.length} failed: ${failed[0]}` : `${rows.length} done.`);
};
