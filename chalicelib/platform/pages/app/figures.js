/** A store's figures of the last 30 days, as charts with tables. */
{
  const DAYS = 30;

  /** Return the last complete days of the store's calendar, oldest first, as `YYYY-MM-DD`. */
  const lastDays = (timezone) => {
    const today = new Intl.DateTimeFormat("en-CA", { timeZone: timezone, year: "numeric", month: "2-digit", day: "2-digit" }).format(st.now());
    return Array.from({ length: DAYS }, (_, n) => new Date(Date.parse(today) - (DAYS - n) * 864e5).toISOString().slice(0, 10));
  };

  /** Return the section with the charts; it loads by itself. */
  st.figures = (row) => {
    const place = kit.h("div");
    const days = lastDays(row.timezone);
    kit.load(place, () => st.read(st.path(row.id, "analytics"), { start: days[0], end: days.at(-1) }), ({ days: items }) => {
      if (!items.length) return kit.empty("No figures yet", "A day appears two hours after its end, if the store was called.");
      const byDate = new Map(items.map((each) => [each.date, each]));
      const chart = (title, type, column, unit) => kit.chart({ title, type, unit, x: days,
        series: [{ name: title, values: days.map((day) => { const each = byDate.get(day); return each && Number(each[column]); }) }] });
      return kit.h("div", { class: "stack" }, chart("Visits", "line", "visits"), chart("Orders", "bar", "orders"), chart("Revenue", "bar", "revenue", row.currency),
        kit.h("p", { class: "soft" }, `Days of ${row.timezone.replaceAll("_", " ")}, in ${row.currency}. A day is updated for three more days.`));
    });
    return st.section("Last 30 days", null, place);
  };
}
