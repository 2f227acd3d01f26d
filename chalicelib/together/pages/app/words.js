/** Dates and words of the screens. */
tg.zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** Return a calendar day as YYYY-MM-DD, in the zone of the device; `back` days ago. */
tg.day = (back = 0) => {
  const parts = new Intl.DateTimeFormat("en", { timeZone: tg.zone, year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(tg.now());
  const part = (type) => Number(parts.find((each) => each.type === type).value);
  return new Date(Date.UTC(part("year"), part("month") - 1, part("day") - back)).toISOString().slice(0, 10);
};

/** Return a calendar day in words; `options` as of Intl.DateTimeFormat. */
tg.dayText = (day, options = { weekday: "short", day: "numeric", month: "short", year: "numeric" }) =>
  day ? new Date(day + "T00:00:00Z").toLocaleDateString(undefined, { timeZone: "UTC", ...options }) : "";

/** Return how far a calendar day is away. */
tg.away = (day) => {
  const days = Math.round((new Date(day) - new Date(tg.day())) / 86400000);
  return days === 0 ? "today" : new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(days, "day");
};

/** Return a value of the API as words: "date_night" is "Date night". */
tg.words = (value) => value ? value[0].toUpperCase() + value.slice(1).replaceAll("_", " ") : "";
tg.choices = (...values) => values.map((value) => [value, tg.words(value)]);
tg.count = (number, one, many = one + "s") => `${number} ${number === 1 ? one : many}`;
/** Return text of a member: it may be in any language and direction. */
tg.text = (value, tag = "span", look = "") => kit.h(tag, { dir: "auto", class: look || undefined }, value ?? "");
tg.money = (amount, currency) => new Intl.NumberFormat(undefined, { style: "currency", currency }).format(amount);

tg.LANGUAGES = tg.choices("words_of_affirmation", "quality_time", "receiving_gifts", "acts_of_service", "physical_touch");
/** Return `body` without what was left empty. */
tg.given = (body) => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== "" && value !== null && value !== undefined));
/** Return `body` with null where it is empty, for an update. */
tg.emptied = (body) => Object.fromEntries(Object.entries(body).map(([name, value]) => [name, value === "" ? null : value]));
/** Return a time of a field of the type datetime-local as the API takes it. */
tg.moment = (local) => (local ? new Date(local).toISOString() : local);
/** Return a time of the API as a field of the type datetime-local takes it. */
tg.local = (moment) => {
  if (!moment) return "";
  const date = new Date(moment);
  return new Date(date - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
};
