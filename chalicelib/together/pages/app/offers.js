/** Offers of partners in a city, and the member's bookings. */
{
  const KINDS = [["", "All"], ...tg.choices("restaurant", "activity", "travel", "gift", "coach")];

  tg.partners = (place) => {
    const found = kit.h("div"), mine = kit.h("div");
    const form = kit.form({ label: "Find offers", submit: "Search", fields: [kit.h("div", { class: "columns" }, kit.field({ name: "city", label: "City", required: true, maxlength: 100, autocomplete: "address-level2" }), kit.field({ name: "kind", label: "Kind", tag: "select", options: KINDS }))],
      save: ({ city, kind }) => tg.list(found, { path: "partners", query: { city: city.trim(), kind }, empty: ["No offers there", "Try a larger city nearby."],
        row: (row) => tg.row(row.name, `${tg.words(row.kind)}, ${row.city}`, kit.button("Book", kit.act(() => book(row, showMine)), "", { "aria-label": "Book at " + row.name })) }) });
    const showMine = () => tg.list(mine, { path: "bookings", row: bookingRow, empty: ["No bookings yet", "They appear here once you follow an offer."] });
    const past = kit.h("details", { ontoggle: () => past.open && showMine() }, kit.h("summary", null, "My bookings"), mine);
    const bookingRow = (row) => tg.row(row.partner_name ?? "An offer that is gone", [kit.date(row.created_at), row.amount && tg.money(row.amount, row.currency), row.rating && `Your rating: ${row.rating} of 5`],
      kit.badge(tg.words(row.status), row.status === "completed" ? "good" : ""), row.status === "completed" && !row.rating && kit.button("Rate", () => rate(row, showMine), "", { "aria-label": "Rate " + row.partner_name }));
    place.append(form, found, past);
    return tg.section("Offers near you", null, place);
  };

  /** Record a booking and offer its link: the page itself never leaves its own site. */
  async function book(row, after) {
    const { data } = await tg.call("POST", "bookings", { body: { partner_id: row.id }, key: true });
    after();
    kit.dialog("Book at " + row.name, (close) => [kit.h("p", null, "The partner's site opens in a new tab. It learns a number for this click, and nothing about you."),
      kit.h("p", null, kit.h("a", { class: "button primary", href: data.url, target: "_blank", rel: "noopener noreferrer", onclick: close }, "Open the partner's site"))]);
  }

  const rate = (row, after) => tg.formDialog("How was it?", { submit: "Save the rating", fields: [kit.field({ name: "rating", label: "Rating", type: "number", min: 1, max: 5, step: 1, required: true, hint: "1 to 5" })],
    save: ({ rating }) => tg.call("PATCH", "bookings/" + row.id, { body: { rating } }), after });
}
