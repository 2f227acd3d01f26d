/** Price tests: a discount against another value for the same items. */
const TEST_ACTIONS = { draft: ["start", "Start"], created: ["start", "Start"], running: ["stop", "Stop"], stopped: ["apply", "Apply the winner"] };

app.tests = (rows, discounts, again) => {
  const act = (row, action) => kit.act(async () => { await app.call("POST", "tests/" + (row.test_id || row.id), { body: { action } }); again(); });
  const title = (row) => discounts.find((each) => each.discount_id === row.discount_id)?.title || row.discount_id || "";
  return app.section("Price tests", kit.h("p", { class: "soft" }, "Half of the shoppers get another value; revenue per shopper decides."),
    rows.length ? kit.list(rows.map((row) => {
      const action = TEST_ACTIONS[row.status];
      return [kit.h("div", { class: "main" }, kit.h("h3", { dir: "auto" }, title(row)), kit.h("p", { class: "soft" }, row.status)), action && kit.button(action[1], act(row, action[0]))];
    })) : kit.h("p", { class: "soft" }, "No test yet."));
};
