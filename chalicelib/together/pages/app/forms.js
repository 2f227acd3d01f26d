/** Parts that several screens share: sections, dialogs with a form, scales from 1 to 10, lists with pages. */

/** Return an icon, drawn by a path of 24 by 24. */
tg.icon = (path) => {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [name, value] of [["viewBox", "0 0 24 24"], ["aria-hidden", true], ["class", "icon"]]) picture.setAttribute(name, value);
  line.setAttribute("d", path);
  picture.append(line);
  return picture;
};

/** Return a section with a heading, actions beside it, and a place for what it shows. */
tg.section = (title, actions, ...content) => {
  const name = kit.id("section");
  return kit.h("section", { class: "card stack tight", "aria-labelledby": name },
    kit.h("div", { class: "row apart" }, kit.h("h2", { id: name }, title), actions && kit.h("div", { class: "row" }, actions)), content);
};

/** Open a form in a dialog. `save(values)` saves; then the dialog closes and `after(result)` runs. */
tg.formDialog = (title, { fields, save, after = () => {}, submit, intro }) => {
  const dialog = kit.dialog(title, (close) => [intro && kit.h("p", { class: "soft" }, intro), kit.form({ label: title, fields, submit, cancel: close, save: async (values) => {
    const result = await save(values);
    close();
    after(result);
  } })].filter(Boolean));
  dialog.querySelector("input, select, textarea")?.focus();
  return dialog;
};

/** Return a field of the scale from 1 to 10. */
tg.scale = ({ name, label, low, high, value, required = true }) => {
  const id = kit.id(name);
  const choices = Array.from({ length: 10 }, (_, n) => {
    const input = kit.h("input", { type: "radio", name, value: n + 1, required, id: n ? id + n : id, "aria-describedby": n ? undefined : id + "-error" });
    input.checked = value === n + 1;
    return kit.h("label", { class: "notch" }, input, kit.h("span", null, n + 1));
  });
  const field = kit.h("fieldset", { class: "field" }, kit.h("legend", null, label), kit.h("div", { class: "scale" }, choices),
    kit.h("p", { class: "row apart soft ends" }, kit.h("span", null, low), kit.h("span", null, high)),
    kit.h("p", { class: "error", id: id + "-error", role: "alert" }));
  field.addEventListener("change", () => kit.mark(field.querySelector("input")));
  return field;
};

/** Show a list of the API in `place`, a page at a time. `row(item)` returns its parts, `empty` the arguments of kit.empty. */
tg.list = (place, { path, query = {}, row, empty, call = tg.call }) => {
  const read = async (cursor) => (await call("GET", path, { query: { ...query, limit: 25, cursor } })).data;
  return kit.load(place, () => read(), (first) => {
    if (!first.items.length) return kit.empty(...empty);
    const list = kit.list(first.items.map(row));
    let cursor = first.next_cursor;
    const more = kit.button("Show more", kit.act(async () => {
      const page = await read(cursor);
      list.append(...page.items.map((item) => kit.h("li", null, row(item))));
      cursor = page.next_cursor;
      more.hidden = !cursor;
    }));
    more.hidden = !cursor;
    return kit.h("div", { class: "stack tight" }, list, more);
  });
};

/** Return the body of a row of a list: a title, lines below it, and what stands beside. */
tg.row = (title, lines, ...actions) => [kit.h("div", { class: "main" }, tg.text(title, "p", "title"),
  [lines].flat().filter(Boolean).map((line) => (line instanceof Node ? line : tg.text(line, "p", "soft")))), kit.h("div", { class: "row" }, actions)];

/** Return a button that asks first, and then deletes. */
tg.deleteButton = (what, path, after, text = "It cannot be restored.") => kit.button("Delete", kit.act(async () => {
  if (!(await kit.confirm(`Delete ${what}?`, text, "Delete"))) return;
  const { etag } = await tg.call("GET", path);
  await tg.call("DELETE", path, { etag });
  kit.toast("Deleted.");
  after();
}), "bare", { "aria-label": `Delete ${what}` });

/** Read a row for its ETag, and open a form that changes it. `body(values)` returns the changes. */
tg.editDialog = async (title, path, fields, body, after) => {
  const { data, etag } = await tg.call("GET", path);
  tg.formDialog(title, { fields: fields(data), save: (values) => tg.call("PATCH", path, { etag, body: body(values, data) }), after: () => { kit.toast("Saved."); after(); } });
};

/** Return a bar of progress in words and as a picture. */
tg.progress = (label, value, most) => kit.h("p", { class: "progress" }, kit.h("progress", { max: most || 1, value, "aria-label": label }), kit.h("span", { class: "soft" }, label));

tg.note = (name, label, props = {}) => kit.field({ name, label, tag: "textarea", maxlength: 1000, ...props });
