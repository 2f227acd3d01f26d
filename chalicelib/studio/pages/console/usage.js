/** Use of the quota, by day and by style. */
studio.usage = (panel) => kit.load(panel, () => studio.read("usage"), ({ quota, days, popular_styles: popular }) => kit.h("div", { class: "stack" },
  kit.h("h2", null, "Usage"),
  kit.h("div", { class: "columns" },
    gauge("Images this month", quota.current_generations, quota.monthly_generation_limit, "images"),
    gauge("Storage", Number(quota.current_storage_mb), quota.storage_quota_mb, "MB"),
    gauge("In work now", quota.generations_at_work, quota.max_concurrent_generations, "at once")),
  kit.h("div", { class: "card" }, kit.chart({ type: "bar", title: "Previews in the last 30 days", x: days.map((day) => day.day),
    series: [{ name: "Previews", values: days.map((day) => day.generations) }] })),
  popular.length > 0 && kit.h("div", { class: "card" }, kit.chart({ type: "bar", title: "Most used styles", x: popular.map((style) => style.name),
    series: [{ name: "Previews", values: popular.map((style) => style.usage_count) }] }))));

function gauge(title, used, most, unit) {
  const share = most ? used / most : 1;
  const number = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
  const words = `${number.format(used)} of ${number.format(most)} ${unit}`;
  return kit.h("section", { class: "card stack tight", "aria-label": title }, kit.h("h3", null, title), kit.h("p", null, words, " ",
    share >= 1 ? kit.badge("Used up", "bad") : share >= 0.8 && kit.badge("Nearly used up", "warn")), kit.h("progress", { max: 1, value: Math.min(share, 1), "aria-label": words }));
}
