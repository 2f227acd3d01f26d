/** Stripe's events with replay, and the plan catalogue. */
const UNFINISHED = ["failed", "received", "processing"];

op.stripe = (panel) => {
  const table = kit.h("div");
  const search = (values) => {
    const { about, status } = values;
    const again = () => search(values);
    const since = about && op.since(values.since);
    if (about.startsWith("evt_")) return kit.load(table, () => op.read("billing/events/" + encodeURIComponent(about)), (row) => kit.table("Event", eventColumns(again), [row]));
    op.list(table, { path: "billing/events", query: about ? { event_type: about } : { status }, caption: about ? "Events of this type, newest first" : "Unfinished events, oldest first",
      matches: (row) => row.stripe_created_at >= since, isEnd: (row) => row.stripe_created_at < since, columns: eventColumns(again), empty: ["No events", about ? "No event of this type is stored since then." : "Every event was processed."],
      more: (rows) => rows.length > 1 && op.changeButton(`Replay these ${rows.length}`, async () => {
        await op.each(rows, replayEvent);
        again();
      }) });
  };
  panel.replaceChildren(kit.h("div", { class: "stack" }, op.heading("Stripe events", op.changeButton("Sync the plan catalogue", async () => {
    if (!(await kit.confirm("Sync the plan catalogue?", "The plans of this release are written, and Stripe's products and prices are updated.", "Sync"))) return;
    const { data } = await op.call("POST", "billing/plans/sync", { body: {} });
    kit.toast(`${data.plans.length} plans are in sync.`);
  })), op.filters("Events", [
    kit.field({ name: "status", label: "Unfinished, with status", tag: "select", options: UNFINISHED.map((each) => [each, each]) }),
    kit.field({ name: "about", label: "Type or event", autocomplete: "off", spellcheck: "false", placeholder: "invoice.paid" }), op.sinceField(),
  ], search), table));
};

const replayEvent = (row) => op.call("POST", `billing/events/${encodeURIComponent(row.stripe_event_id)}/replay`, { body: {}, key: true });
const eventColumns = (reload) => [
  ["Event", (row) => kit.h("code", null, row.stripe_event_id)], ["Type", (row) => row.event_type],
  ["Status", (row) => kit.h("span", null, op.status(row.status), row.error_message ? kit.h("p", { dir: "auto" }, row.error_message) : "")],
  ["Attempts", (row) => op.number(row.attempts), "number"], ["Created at Stripe", (row) => kit.date(row.stripe_created_at)],
  op.mayChange() && ["Action", (row) => op.changeButton("Replay", async () => {
    await replayEvent(row);
    kit.toast("The event is queued again.");
    reload();
  }, "", { "aria-label": "Replay event " + row.stripe_event_id }) || ""],
].filter(Boolean);
