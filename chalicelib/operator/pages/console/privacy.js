/** Privacy requests: lists by status or subject, one with its progress and report, new erasures and exports. */
const SUBJECTS = "shop:<domain>, customer:<domain>:<GID>, member:<id>, store:<id> or owner:<id>";

op.privacy = (panel, id) => {
  if (id) return kit.load(panel, () => op.read("privacy-requests/" + encodeURIComponent(id)), (row) => showRequest(panel, row));
  const table = kit.h("div");
  panel.replaceChildren(kit.h("div", { class: "stack" }, op.heading("Privacy requests",
    op.changeButton("New request", () => newRequest())), op.filters("Requests", [
    kit.field({ name: "status", label: "Status", tag: "select", options: ["running", "pending", "failed", "completed"].map((each) => [each, each]) }),
    kit.field({ name: "subject", label: "Subject", autocomplete: "off", spellcheck: "false", placeholder: "member:42" }),
  ], ({ status, subject }) => op.list(table, { path: "privacy-requests", query: subject ? { subject } : { status }, caption: subject ? "Requests about this subject" : "Requests, earliest due date first",
    empty: ["No requests", "There is none like this."], columns: [
      ["Request", (row) => kit.h("a", { href: "#privacy/" + encodeURIComponent(row.id) }, row.id)], ["Kind", (row) => row.kind], ["Subject", (row) => op.text(row.subject)],
      ["Status", (row) => op.status(row.status)], ["Due", (row) => kit.date(row.due_at)],
    ] })), table));
};

function showRequest(panel, row) {
  const link = async () => {
    const { data } = await op.call("POST", `privacy-requests/${encodeURIComponent(row.id)}/link`, { body: {} });
    kit.dialog("The export", () => [kit.h("p", null, `The link is valid until ${kit.date(data.expires_at)}. Anyone who has it can download the export.`),
      kit.h("p", null, kit.h("a", { class: "button primary", href: data.url, rel: "noreferrer" }, "Download"))]);
  };
  return kit.h("div", { class: "stack" }, kit.h("p", null, kit.h("a", { class: "button bare", href: "#privacy" }, "← Privacy requests")),
    op.heading(row.kind === "erase" ? "Erasure" : "Export", kit.button("Look again", () => op.privacy(panel, row.id)),
      row.kind === "export" && row.status === "completed" && op.changeButton("Get the link", link, "primary")),
    kit.h("div", { class: "card" }, op.facts([["Request", row.id], ["Subject", row.subject], ["Status", op.status(row.status)], ["Step", row.step], ["From", row.origin],
      ["Due", kit.date(row.due_at)], ["Begun", kit.date(row.created_at)], ["Completed", kit.date(row.completed_at)]])),
    Object.keys(row.counts).length > 0 && kit.table("Rows and objects so far", [["Table", ([name]) => name], ["Count", ([, count]) => op.number(count), "number"]], Object.entries(row.counts)),
    row.report && kit.h("details", null, kit.h("summary", null, "Report"), kit.h("pre", { tabindex: 0 }, JSON.stringify(row.report, null, 2))));
}

function newRequest() {
  kit.dialog("A new privacy request", (close) => kit.form({ label: "New request", submit: "Request it", cancel: close, fields: [
    kit.field({ name: "kind", label: "Kind", tag: "select", options: [["export", "Export the personal data"], ["erase", "Erase the personal data"]] }),
    kit.field({ name: "subject", label: "Subject", required: true, maxlength: 300, autocomplete: "off", spellcheck: "false", hint: SUBJECTS }),
  ], save: async (values) => {
    const sure = values.kind !== "erase" || (await kit.confirm("Erase this subject?", `The personal data of ${values.subject} are erased. This cannot be undone.`, "Erase"));
    if (!sure) return;
    const { data } = await op.call("POST", "privacy-requests", { body: values, key: true });
    close();
    location.hash = "privacy/" + encodeURIComponent(data.id);
  } }));
}
