/** Funnels: how many persons reach each step, and what the days were. */
const ORDERS = [["ordered", "In this order, others between"], ["strict", "In this order, nothing between"], ["unordered", "In any order"]];

an.funnels = (panel, id) => {
  if (id) return showFunnel(panel, decodeURIComponent(id));
  an.load(panel, an.sitePath("funnels"), {}, ({ items }) => kit.h("div", { class: "stack" },
    an.heading("Funnels", an.mayChange() && kit.button("New funnel", () => newFunnel(panel), "primary")),
    items.length ? kit.table("Funnels, the oldest first", [
      ["Funnel", (row) => kit.h("a", { href: "#funnels/" + encodeURIComponent(row.funnel), dir: "auto" }, row.name)],
      ["Steps", (row) => an.text(row.steps.map((step) => step.name).join(" → "))], ["Window", (row) => an.duration(row.window_seconds), "number"],
    ], items) : kit.empty("No funnels yet", "A funnel counts the persons who do two to ten steps. Its days are computed after each midnight of the site.")));
};

function newFunnel(panel) {
  kit.dialog("New funnel", (close) => kit.form({ label: "New funnel", submit: "Create", cancel: close, fields: [
    kit.field({ name: "name", label: "Name", required: true, maxlength: 100 }),
    kit.field({ name: "steps", label: "Steps", tag: "textarea", required: true, hint: "The name of an event on each line, two to ten." }),
    kit.field({ name: "order", label: "Order", tag: "select", options: ORDERS }),
    kit.field({ name: "window", label: "Window in days", type: "number", min: 1, max: 90, value: 14, required: true, hint: "From the first step to the last." }),
  ], save: async ({ name, steps, order, window }) => {
    const names = steps.split("\n").map((line) => line.trim()).filter(Boolean);
    await an.call("POST", an.sitePath("funnels"), { key: true, body: { name, order, window_seconds: window * 86400, steps: names.map((each) => ({ name: each })) } });
    close();
    kit.toast("The funnel is created.");
    an.funnels(panel);
  } }));
}

const showFunnel = (panel, id) => an.ranged(panel, "Funnel", [], (place, range) => an.load(place, an.sitePath("funnels/" + encodeURIComponent(id)), range, funnel),
  kit.h("a", { class: "button", href: "#funnels" }, "← Funnels"), an.changeButton("Delete", async () => {
    if (!(await kit.confirm("Delete the funnel?", "Its days go, too.", "Delete"))) return;
    await an.call("DELETE", an.sitePath("funnels/" + encodeURIComponent(id)));
    location.hash = "funnels";
  }, "danger"));

/** Return the sums of the days by step: persons count once a day. */
function sumSteps({ steps, days }) {
  const sums = steps.map((step) => ({ name: step.name, reached: 0 }));
  for (const row of days) if (sums[row.step - 1]) sums[row.step - 1].reached += row.reached;
  return sums.map((row, n) => ({ ...row, ofFirst: n ? share(row.reached, sums[0].reached) : null, ofPrevious: n ? share(row.reached, sums[n - 1].reached) : null }));
}
const share = (part, whole) => (whole ? part / whole : null);

function funnel(data) {
  const sums = sumSteps(data);
  const dates = [...new Set(data.days.map((row) => row.day))].sort();
  const isOpen = new Set(data.days.filter((row) => !row.is_final).map((row) => row.day));
  const reached = new Map(data.days.map((row) => [row.day + row.step, row.reached]));
  return kit.h("div", { class: "stack" }, kit.h("h3", { dir: "auto" }, data.name),
    kit.h("p", { class: "soft" }, `${new Map(ORDERS).get(data.order)}, within ${an.duration(data.window_seconds)}. A person counts once for each day of a first step.`),
    dates.length ? [
      an.asOf(data.days.map((row) => row.computed_at)),
      an.chart({ type: "bar", title: "Persons by step", unit: "persons", x: sums.map((row, n) => `${n + 1}. ${row.name}`), series: [{ name: "Persons", values: sums.map((row) => row.reached) }] }),
      kit.table("Steps", [["Step", (row) => an.text(row.name)], ["Persons", (row) => an.number(row.reached), "number"],
        ["Of the first step", (row) => (row.ofFirst === null ? "" : an.percent(row.ofFirst)), "number"], ["Of the step before", (row) => (row.ofPrevious === null ? "" : an.percent(row.ofPrevious)), "number"]], sums),
      an.chart({ type: "line", title: "Persons by day of the first step", x: dates, open: dates.map((day) => isOpen.has(day)),
        series: data.steps.map((step, n) => ({ name: `${n + 1}. ${step.name}`, values: dates.map((day) => reached.get(day + (n + 1)) ?? 0) })) }),
    ] : kit.empty("No days yet", "The first days appear after the site's next midnight."));
}
