/** Price tests: a discount against another value for the same items. */
const TEST_ACTIONS = { draft: ["start", "Start"], running: ["stop", "Stop"], stopped: ["apply", "Apply the winner"] };
const TEST_STATUS = { draft: "Not started", running: "Running", stopped: "Stopped" };

app.tests = ({ tests: rows, discounts, currency }, again) => {
  const act = (row, action) => kit.act(async () => { await app.call("POST", "tests/" + row.test_id, { body: { action }, key: true }); again(); });
  const title = (row) => discounts.find((each) => each.discount_id === row.discount_id)?.title || "Deleted discount";
  const summary = (each) => `${each.variant === "a" ? "Current value" : "Other value"} ${app.value(each.value_type, each.value)}: ${app.number(each.visitors)} visitors, ${app.number(each.buyers)} buyers, ${app.money(each.revenue, currency)}`;
  const result = (row) => (row.winner ? `${row.winner === "a" ? "The current value" : "The other value"} is better.` : "No winner yet.");
  const form = kit.form({ label: "New test", submit: "Create a test", fields: [kit.h("div", { class: "columns" },
    kit.field({ name: "discount_id", label: "Discount", tag: "select", options: discounts.map((each) => [each.discount_id, each.title]) }),
    kit.field({ name: "value_type", label: "Kind", tag: "select", options: app.TYPES }), kit.field({ name: "value", label: "Other value", required: true, inputmode: "decimal" }))],
  save: async (values) => { await app.call("POST", "tests", { body: { ...values, value: values.value.trim().replace(",", ".") }, key: true }); again(); } });
  return app.section("Price tests", kit.h("p", { class: "soft" }, "Half of the visitors who allow analytics get the other value. The value with more revenue per visitor wins. At most three tests can run at a time."),
    rows.length ? kit.list(rows.map((row) => {
      const action = TEST_ACTIONS[row.status];
      return [kit.h("div", { class: "main" }, kit.h("h3", { dir: "auto" }, title(row)), kit.h("p", { class: "soft" }, TEST_STATUS[row.status] || row.status, row.status === "draft" ? "" : ". " + result(row)),
        row.variants.map((each) => kit.h("p", null, summary(each)))), action && kit.button(action[1], act(row, action[0]))];
    })) : kit.h("p", { class: "soft" }, "No test yet."), discounts.length > 0 && form);
};
