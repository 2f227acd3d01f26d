/** Cohorts: the users of a week of sign-up and channel, and how many are active in each week since. */
an.cohorts = (panel) => an.ranged(panel, "Cohorts", [], (place, range) => an.load(place, an.sitePath("cohorts"), range, ({ cohorts }) => (cohorts.length
  ? cohortWeeks(cohorts) : kit.empty("No cohorts in these days", "Users that sign up in these days appear here after the site's next midnight."))));

function cohortWeeks(rows) {
  const x = Array.from({ length: Math.max(...rows.map((row) => row.periods.length)) }, (_, n) => `week ${n}`);
  const name = (row) => `${SHORT_DATE.format(new Date(row.cohort_date))}, ${row.acquisition_channel} (${an.number(row.cohort_size)})`;
  const percent = (week) => (week?.active_users === null || week === undefined ? null : week.retention_rate * 100);
  const worth = (row) => an.money(row.periods.at(-1)?.lifetime_value ?? null, an.site.currency);
  return kit.h("div", { class: "stack" }, an.asOf(rows.map((row) => row.computed_at)),
    an.chart({ type: "heat", title: "Active users, as a share of the users that signed up in the week", unit: "%", x, series: rows.map((row) => ({ name: name(row),
      values: x.map((_, n) => percent(row.periods[n])), open: x.map((_, n) => percent(row.periods[n]) !== null && !row.periods[n].is_complete) })) }),
    kit.table("Active users by week; week 0 is that of the sign-up", [["Week of sign-up", (row) => row.cohort_date], ["Channel", (row) => an.text(row.acquisition_channel)],
      ["Users", (row) => an.number(row.cohort_size), "number"], ["Revenue per user", worth, "number"],
      ...x.map((title, n) => [title, ({ periods: { [n]: week } }) => (percent(week) === null ? "" : an.number(week.active_users) + (week.is_complete ? "" : " so far")), "number"])], rows, ""));
}
