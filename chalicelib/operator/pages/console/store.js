/** One store: its state, usage, jobs, backups and suspension. */
{
  const path = (id, rest = "") => `platform/stores/${encodeURIComponent(id)}${rest}`;
  const LIMITS = { products: "Products", storage_bytes: "Storage", orders: "Orders this month", api_calls: "Calls this month" };
  const amount = (name, value) => (name === "storage_bytes" ? op.bytes(value) : op.number(value));

  op.store = (panel, id) => kit.load(panel, () => op.read(path(id)), (row) => {
    const again = () => op.store(panel, id);
    const [usage, jobs, backups] = [kit.h("div"), kit.h("div"), kit.h("div")];
    showUsage(usage, id);
    op.storeJobs(jobs, id, again);
    if (op.mayChange() && row.database_type) op.storeBackups(backups, id, again);
    return kit.h("div", { class: "stack" }, kit.h("p", null, kit.h("a", { class: "button bare", href: "#stores" }, "← Stores")),
      op.heading(kit.h("span", { dir: "auto" }, row.name), kit.button("Look again", again), kit.button("Show the owner", kit.act(() => showOwner(row))),
        row.is_active ? op.changeButton("Suspend", () => suspend(id, again), "danger") : op.changeButton("Reactivate", () => reactivate(id, again))),
      !row.is_active && kit.banner(`Suspended: ${row.suspended_reason ?? "no reason given"}`, "warn"),
      row.deletion_due_at && kit.banner(`Its owner deleted the store. Its data are removed after ${kit.date(row.deletion_due_at)}.`, "warn", op.changeButton("Undo the deletion", () => undelete(id, again))),
      kit.h("div", { class: "card" }, op.facts([["Store", row.id], ["Short name", row.slug], ["Owner", row.owner_id],
        ["Database", row.database_type ? kit.h("span", null, row.database_type, row.database_host && ` on ${row.database_host}, ${row.database_name}`) : "none"],
        ["Status", op.status(row.database_status)], ["Active job", row.active_job], ["Media", row.storage_type], ["Status of media", op.status(row.storage_status)],
        ["Plan", row.subscription_plan], ["Subscription", row.subscription_status], ["Access until", kit.date(row.access_until)],
        ["Region", row.region], ["Currency", row.currency], ["Time zone", row.timezone], ["Last call", kit.date(row.last_activity_at)], ["Created", kit.date(row.created_at)]])),
      usage, jobs, backups, kit.h("p", null, kit.h("a", { class: "button", href: "#audit/" + encodeURIComponent(row.id) }, "Audit log of the store")));
  });

  const showUsage = (place, id) => kit.load(place, async () => (await op.platform("GET", `stores/${encodeURIComponent(id)}/usage`)).data, ({ limits, month }) =>
    kit.table(`Used of the plan's limits in ${month} (UTC)`, [
      ["Limit", (row) => LIMITS[row.name] ?? row.name], ["Used", (row) => amount(row.name, row.used), "number"], ["Of", (row) => amount(row.name, row.limit), "number"],
      ["Share", (row) => kit.badge(`${row.percent} %`, row.used >= row.limit ? "bad" : row.is_near ? "warn" : ""), "number"],
    ], limits));

  /** Show the account of the owner. The API audits this. */
  async function showOwner(store) {
    const row = await op.read("platform/users/" + encodeURIComponent(store.owner_id));
    kit.dialog("The owner", () => op.facts([["E-mail", row.email], ["Name", row.display_name], ["Account", row.id], ["State", row.is_active ? "active" : "deactivated"],
      ["E-mail verified", row.email_verified ? "yes" : "no"], ["Last sign-in", kit.date(row.last_login_at)], ["Since", kit.date(row.created_at)]]));
  }

  async function suspend(id, after) {
    kit.dialog("Suspend the store?", (close) => [kit.h("p", null, "Its next call is refused. Its database stays, and its owner sees the reason."), kit.form({ label: "Suspend the store", submit: "Suspend", cancel: close, fields: [
      kit.field({ name: "reason", label: "Reason", required: true, maxlength: 200, autocomplete: "off" }),
    ], save: async ({ reason }) => {
      await op.call("POST", path(id, "/suspend"), { body: { reason }, repeatable: true });
      close();
      kit.toast("The store is suspended.");
      after();
    } })]);
  }

  async function undelete(id, after) {
    if (!(await kit.confirm("Undo the deletion?", "The store stays. Its subscription ended with the deletion: its owner subscribes again.", "Undo it"))) return;
    await op.platform("POST", `stores/${encodeURIComponent(id)}/undelete`, { body: {}, repeatable: true });
    kit.toast("The deletion is undone.");
    after();
  }

  async function reactivate(id, after) {
    if (!(await kit.confirm("Reactivate the store?", "Its calls are answered again.", "Reactivate"))) return;
    await op.call("POST", path(id, "/reactivate"), { body: {}, repeatable: true });
    kit.toast("The store is active again.");
    after();
  }
}
