/** Generations of all shops or of one: stuck, open and failed; finals can be made again. */
op.generations = (panel, shop) => {
  const table = kit.h("div");
  const search = (query) => op.list(table, { path: "studio/generations", query, caption: "Generations", columns: generationColumns(() => search(query)),
    empty: ["None", { stuck: "No generation is stuck. Those whose worker died are recovered every minute.", open: "No generation is unfinished.", failed: "No generation failed." }[query.state]],
    more: (rows) => query.state === "failed" && query.generation_type === "final" && rows.length > 1 && op.changeButton(`Make these ${rows.length} again`, async () => {
      await op.each(rows, remakeFinal);
      search(query);
    }) });
  panel.replaceChildren(kit.h("div", { class: "stack" }, op.heading("Generations"), op.filters("Generations", [
    kit.field({ name: "state", label: "State", tag: "select", options: [["stuck", "Stuck"], ["open", "Unfinished"], ["failed", "Failed"]] }),
    kit.field({ name: "generation_type", label: "Kind", tag: "select", options: [["final", "Prints of orders"], ["preview", "Previews"]] }),
    kit.field({ name: "shop", label: "Shop", value: shop ? decodeURIComponent(shop) : "", autocomplete: "off", spellcheck: "false", placeholder: "All shops" }),
  ], search), table));
};

const remakeFinal = (row) => op.call("POST", `studio/generations/${encodeURIComponent(row.shop_id)}/${encodeURIComponent(row.id)}/remake`, { body: {}, key: true });
const generationColumns = (reload) => [
  ["Generation", (row) => kit.h("code", null, row.id)], ["Shop", (row) => op.text(row.shop_id)],
  ["Status", (row) => kit.h("span", null, op.status(row.status), row.error_message ? kit.h("p", { dir: "auto" }, row.error_message) : "")],
  ["Order", (row) => (row.order_id || "").split("/").at(-1)], ["Attempts", (row) => op.number(row.attempts), "number"],
  ["Lease until", (row) => kit.date(row.next_attempt_at || row.lease_until)], ["Created", (row) => kit.date(row.created_at)],
  op.mayChange() && ["Action", (row) => (row.generation_type === "final" && ["failed", "completed"].includes(row.status) && op.changeButton("Make it again", async () => {
    await remakeFinal(row);
    kit.toast("The print is being made again.");
    reload();
  }, "", { "aria-label": "Make print " + row.id + " again" })) || ""],
].filter(Boolean);
