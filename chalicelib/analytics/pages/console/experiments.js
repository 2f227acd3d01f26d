/** Experiments: variants with intervals, the winner, and a warning if the split of the subjects is wrong. */
const MISMATCH = 0.001; // of the sample ratio's p, as in the service
const LOOK = { running: "good", draft: "warn", stopped: "" };
const REASONS = { too_few: "too few subjects", no_variance: "all values are equal", zero_control: "the control is 0" };

an.experiments = (panel, id) => {
  if (id) return showExperiment(panel, decodeURIComponent(id));
  const table = kit.h("div", null);
  panel.replaceChildren(kit.h("div", { class: "stack" }, an.heading("Experiments", an.mayChange() && kit.button("New experiment", newExperiment, "primary")), table));
  an.list(table, { path: an.sitePath("experiments"), caption: "Experiments, the latest first", empty: ["No experiments", "Create one here, or let an app of the site create it."], columns: [
    ["Experiment", (row) => kit.h("a", { href: "#experiments/" + encodeURIComponent(row.test_id), dir: "auto" }, row.test_name)],
    ["State", (row) => kit.badge(row.status, LOOK[row.status])], ["Metric", (row) => an.text(row.metric)], ["Winner", (row) => an.text(row.winner)],
    ["Confidence", (row) => (row.confidence_level === null ? "" : row.confidence_level + " %"), "number"],
    ["Split", (row) => (isMismatch(row) ? kit.badge("mismatch", "bad") : "")], ["Started", (row) => kit.date(row.started_at)],
  ] });
};

function newExperiment() {
  kit.dialog("New experiment", (close) => kit.form({ label: "New experiment", submit: "Create", cancel: close, fields: [
    kit.field({ name: "name", label: "Name", required: true, maxlength: 100 }),
    kit.field({ name: "metric", label: "Metric", required: true, maxlength: 64, autocomplete: "off", hint: "The name of the event that converts a subject." }),
    kit.field({ name: "metric_kind", label: "Kind", tag: "select", options: [["proportion", "Proportion: subjects that convert"], ["mean", "Mean: their summed values"]] }),
    kit.field({ name: "variants", label: "Variants", tag: "textarea", required: true, hint: "A name on each line, two to ten; the first is the control. They get equal shares." }),
  ], save: async ({ variants, ...values }) => {
    const names = variants.split("\n").map((line) => line.trim()).filter(Boolean);
    const { data } = await an.call("POST", an.sitePath("experiments"), { body: { ...values, variants: equalShares(names) } });
    close();
    kit.toast("The experiment is a draft.");
    location.hash = "experiments/" + encodeURIComponent(data.test_id);
  } }));
}

/** Return variants whose weights sum to 10,000 basis points; the first ones get what is left over. */
const equalShares = (names) => names.map((variant, n) => ({ variant, weight: Math.floor(10000 / names.length) + (n < 10000 % names.length ? 1 : 0) }));

const isMismatch = (row) => row.sample_ratio_p !== null && Number(row.sample_ratio_p) < MISMATCH;

function showExperiment(panel, id) {
  const place = kit.h("div", null);
  const path = an.sitePath("experiments/" + encodeURIComponent(id));
  const reload = () => an.load(place, path, {}, (row) => experiment(row, (action) => change(path, action, reload)));
  panel.replaceChildren(kit.h("div", { class: "stack" }, kit.h("p", null, kit.h("a", { class: "button bare", href: "#experiments" }, "← Experiments")), place));
  reload();
}

async function change(path, action, reload) {
  if (action === "stop" && !(await kit.confirm("Stop the experiment?", "No more subjects take part. Its results are computed once more.", "Stop it"))) return;
  await an.call("POST", path, { body: { action } });
  kit.toast(action === "stop" ? "The experiment is stopped." : "The experiment runs.");
  reload();
}

function experiment(row, act) {
  const others = row.variants.filter((each) => row.statistics?.[each.variant]);
  const statistics = (each) => row.statistics?.[each.variant];
  const compared = others.filter((each) => !statistics(each).reason);
  const value = row.metric_kind === "mean" ? ["Mean", (each) => an.number(each.mean)] : ["Rate", (each) => an.percent(each.conversion_rate)];
  const figure = (read) => (each) => (statistics(each) && !statistics(each).reason ? read(statistics(each)) : "");
  return kit.h("div", { class: "stack" },
    an.heading(row.test_name, kit.badge(row.status, LOOK[row.status]), row.status === "draft" && an.changeButton("Start", () => act("start"), "primary"),
      row.status === "running" && an.changeButton("Stop", () => act("stop"), "danger")),
    isMismatch(row) && kit.h("div", { role: "alert" }, kit.banner(`Sample-ratio mismatch (p = ${row.sample_ratio_p}): the subjects are not split by the weights. Something loses subjects of one variant; do not trust the results, and no winner is named.`, "bad")),
    row.winner && kit.banner(`The winner is ${row.winner}.`, "good"),
    row.computed_at ? an.asOf([row.computed_at]) : kit.h("p", { class: "soft" }, "Not computed yet: results are computed every hour while it runs."),
    an.figures([["Metric", row.metric], ["Confidence", row.confidence_level === null ? "–" : row.confidence_level + " %"], ["Coverage", an.percent(row.coverage)], ["Saw two variants", an.number(row.multiple_exposures)]]),
    compared.length > 0 && an.chart({ type: "interval", unit: "%", title: `Effect against ${row.variants[0].variant}, with its always-valid interval of 95 %`, x: compared.map((each) => each.variant),
      series: [{ name: "Effect", values: compared.map((each) => statistics(each).effect * 100), low: compared.map((each) => statistics(each).interval[0] * 100), high: compared.map((each) => statistics(each).interval[1] * 100) }] }),
    kit.table("Variants; the first is the control", [["Variant", (each) => an.text(each.variant)], ["Weight", (each) => an.percent(each.weight / 10000), "number"],
      ["Subjects", (each) => an.number(each.exposures), "number"], ["Conversions", (each) => an.number(each.conversions), "number"], [...value, "number"],
      ["Chance to win", figure((each) => an.percent(each.chance_to_win)), "number"], ["Risk", figure((each) => an.percent(each.risk)), "number"],
      ["p, always valid", figure((each) => each.p.toPrecision(3)), "number"],
      ["Note", (each) => { const reason = statistics(each)?.reason; return reason ? REASONS[reason] || reason : ""; }]], row.variants));
}
