/** Dead letters: how many each queue has, up to ten of one queue, and redrive. */
op.deadLetters = (panel, queue) => {
  if (queue) return showQueue(panel, queue);
  kit.load(panel, () => op.read("dead-letters"), ({ items }) => {
    const some = items.filter((row) => row.dead_letters);
    return kit.h("div", { class: "stack" }, op.heading("Dead letters"), kit.h("p", { class: "soft" }, "Messages that failed five deliveries. The numbers are approximate."),
      some.length ? kit.table("Queues with dead letters", queueColumns, some) : kit.empty("No dead letters", "Every message was handled."),
      kit.h("details", null, kit.h("summary", null, `All ${items.length} queues`), kit.table("All queues", queueColumns, items)));
  });
};

const queueColumns = [
  ["Queue", (row) => kit.h("a", { href: "#dead-letters/" + row.queue }, row.queue)],
  ["Dead letters", (row) => op.number(row.dead_letters), "number"],
];

function showQueue(panel, queue) {
  kit.load(panel, () => op.read("dead-letters/" + encodeURIComponent(queue)), ({ items }) => kit.h("div", { class: "stack" },
    kit.h("p", null, kit.h("a", { class: "button bare", href: "#dead-letters" }, "← Dead letters")),
    op.heading(queue, items.length ? op.changeButton("Redrive all", () => redrive(panel, queue), "primary") : ""),
    items.length ? kit.list(items.map((row) => kit.h("div", { class: "stack tight main" },
      kit.h("p", null, kit.h("strong", null, row.name || "A message"), ` received ${row.received} times, sent ${kit.date(row.sent_at)}`),
      kit.h("p", { class: "soft" }, "Message ", kit.h("code", null, row.message_id)), kit.h("pre", { tabindex: 0 }, row.body))))
      : kit.empty("No dead letters", "Every message of this queue was handled.")));
}

/** Move every dead letter back to its queue, a part at a time. */
async function redrive(panel, queue) {
  if (!(await kit.confirm("Redrive all?", "Every dead letter is moved back to the queue and handled again. Fix the cause first.", "Redrive"))) return;
  let total = 0;
  let last;
  do {
    last = (await op.call("POST", `dead-letters/${encodeURIComponent(queue)}/redrive`, { body: {} })).data;
    total += last.moved;
  } while (last.left && last.moved);
  kit.toast(`${total} messages were moved back.`);
  showQueue(panel, queue);
}
