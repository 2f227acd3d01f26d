/** Elements of the pages. Text goes in as text, never as HTML. */

/** Return an element. Properties: `class`, `on…` (listeners), `data-…`, `aria-…`, attributes; true sets, false leaves out. */
kit.h = (tag, props, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
};

let ids = 0;
kit.id = (prefix) => prefix + "-" + ++ids;

kit.button = (text, onclick, look = "", props = {}) => kit.h("button", { type: "button", class: look, onclick, ...props }, text);

/**
 * Return a labelled field with hint and error. `tag` is input, select or textarea; `options` are `[value, text]` pairs.
 * `choice` puts the label beside a check box.
 */
kit.field = ({ name, label, hint = "", tag = "input", options = [], type, value, ...props }) => {
  const id = kit.id(name);
  const choice = type === "checkbox";
  const attributes = { id, name, dir: ["text", undefined].includes(type) && tag !== "select" ? "auto" : undefined, type, ...props };
  const input = kit.h(tag, { ...attributes, "aria-describedby": `${id}-hint ${id}-error` },
    options.map(([key, text]) => kit.h("option", { value: key }, text)));
  if (choice) input.checked = Boolean(value);
  else if (value !== undefined && value !== null) input.value = value;
  return kit.h("div", { class: "field" },
    choice ? kit.h("label", { class: "choice" }, input, kit.h("span", null, label)) : kit.h("label", { for: id }, label),
    kit.h("p", { class: "hint", id: id + "-hint" }, hint),
    choice ? null : input,
    kit.h("p", { class: "error", id: id + "-error", role: "alert" }));
};

/** Show `text` beside a field, or nothing. */
kit.mark = (input, text = "") => {
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  document.getElementById(input.id + "-error").textContent = text;
};

/** Return the values of a form by name: numbers, booleans and files as such, an empty text as it is. */
kit.values = (form) => Object.fromEntries([...form.elements].filter((each) => each.name && each.type !== "submit"
  && (each.type !== "radio" || each.checked)).map((each) => [each.name,
  each.type === "checkbox" ? each.checked : each.type === "number" ? each.value === "" ? null : Number(each.value)
    : each.type === "file" ? each.files[0] : each.value]));

/**
 * Return a form. `save(values)` may throw a `kit.Problem`, whose errors appear beside the fields; on a version conflict
 * the form offers `reload`. `look` is the class of its button: `danger` for a deletion.
 */
kit.form = ({ fields, save, submit = "Save", look = "primary", cancel, reload, label }) => {
  const status = kit.h("div", { role: "alert" });
  const button = kit.h("button", { class: look }, submit);
  const form = kit.h("form", { class: "stack", novalidate: true, "aria-label": label }, fields, status,
    kit.h("div", { class: "row" }, button, cancel && kit.button("Cancel", cancel)));
  const inputs = () => [...form.elements].filter((each) => each.name && document.getElementById(each.id + "-error"));
  const check = (input) => input.validity.valid ? "" : input.validity.valueMissing ? "Please fill this in." : input.validationMessage;
  form.addEventListener("input", (event) => { if (event.target.hasAttribute("aria-invalid")) kit.mark(event.target); });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.hasAttribute("aria-disabled")) return;
    status.replaceChildren();
    for (const input of inputs()) kit.mark(input, check(input));
    if (!form.querySelector("[aria-invalid]")) {
      button.setAttribute("aria-disabled", "true");
      try {
        await save(kit.values(form));
      } catch (error) {
        const { fields: wrong = {}, code } = error;
        let rest = Object.keys(wrong).length ? "" : error.message;
        for (const [name, text] of Object.entries(wrong)) {
          const input = inputs().find((each) => each.name === name || name.startsWith(each.name + "."));
          if (input) kit.mark(input, text);
          else rest = text;
        }
        if (rest) status.append(kit.banner(rest, "bad", code === "VersionMismatch" && reload && kit.button("Load it again", reload)));
        if (!(error instanceof kit.Problem)) console.error(error);
      }
      button.removeAttribute("aria-disabled");
    }
    form.querySelector("[aria-invalid]")?.focus();
  });
  return form;
};

kit.banner = (text, look = "", action) => kit.h("div", { class: "banner " + look }, kit.h("p", null, text), action);
kit.badge = (text, look = "") => kit.h("span", { class: "badge " + look }, text);
kit.list = (items) => kit.h("ul", { class: "list" }, items.map((item) => kit.h("li", null, item)));
kit.empty = (title, text, action) => kit.h("div", { class: "empty" }, kit.h("h2", null, title), kit.h("p", { class: "soft" }, text), action);
kit.loading = (text = "Loading…") => kit.h("div", { class: "loading", role: "status" }, kit.h("span", { class: "unseen" }, text),
  kit.h("p", { class: "slow soft" }, "This takes longer than usual."));

/** Return a table. Columns are `[title, cell(row), class]`; on a phone each row becomes a block, unless `look` is empty. */
kit.table = (caption, columns, rows, look = "stacking") => kit.h("div", { class: "frame", role: "region", "aria-label": caption, tabindex: 0 },
  kit.h("table", { class: look }, kit.h("caption", null, caption),
    kit.h("thead", null, kit.h("tr", null, columns.map(([title, , look]) => kit.h("th", { scope: "col", class: look }, title)))),
    kit.h("tbody", null, rows.map((row) => kit.h("tr", null, columns.map(([title, cell, look], n) => n
      ? kit.h("td", { "data-label": title, class: look }, cell(row)) : kit.h("th", { scope: "row", class: look }, cell(row))))))));

/** Show what `read()` resolves to in `place`; until then that it loads, and an error with a way to try again. The focus stays in `place`. */
kit.load = async (place, read, render) => {
  const mine = (place.turn = (place.turn || 0) + 1);
  const hadFocus = place.contains(document.activeElement);
  place.replaceChildren(kit.loading());
  place.setAttribute("aria-busy", "true");
  let shown;
  try {
    shown = render(await read());
  } catch (error) {
    if (!(error instanceof kit.Problem)) console.error(error);
    const expired = error.code === "SessionExpired";
    const action = kit.button(expired ? "Load the page again" : "Try again",
      () => (expired ? location.reload() : kit.load(place, read, render)));
    shown = kit.h("div", { role: "alert" }, kit.banner(error instanceof kit.Problem ? error.message : kit.WORDS.InternalError, "bad", action));
  }
  if (mine !== place.turn) return; // a later load has begun
  place.removeAttribute("aria-busy");
  place.replaceChildren(...[shown].flat());
  if (hadFocus) (place.querySelector("[tabindex='-1']:not([role])") || place).focus();
};

/** Return tabs; `tabs` are `[key, title, open(panel)]`. The address keeps the tab after `#`. */
kit.tabs = (label, tabs) => {
  const panel = kit.h("div", { role: "tabpanel", id: kit.id("panel"), tabindex: -1 });
  const buttons = tabs.map(([key, title]) => kit.h("button", { type: "button", role: "tab", id: kit.id("tab"), "data-key": key,
    "aria-controls": panel.id, onclick: () => { location.hash = key; } }, title));
  const bar = kit.h("div", { class: "tabs", role: "tablist", "aria-label": label }, buttons);
  const show = () => {
    const key = location.hash.slice(1).split("/")[0];
    const named = tabs.findIndex(([each]) => each === key);
    if (named < 0 && key && panel.hasAttribute("aria-labelledby")) return; // "#main" of the skip link opens no tab
    const at = Math.max(named, 0);
    buttons.forEach((button, n) => { button.setAttribute("aria-selected", n === at); button.tabIndex = n === at ? 0 : -1; });
    panel.setAttribute("aria-labelledby", buttons[at].id);
    panel.turn = (panel.turn || 0) + 1; // what an earlier tab still loads is not shown
    panel.removeAttribute("aria-busy");
    tabs[at][2](panel, location.hash.split("/")[1]);
  };
  bar.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = buttons.at(to % buttons.length);
    next.focus();
    next.click();
  });
  addEventListener("hashchange", show);
  queueMicrotask(show);
  return kit.h("div", null, bar, panel);
};

/** Open a dialog; `content(close)` returns its elements. The focus returns to where it was. */
kit.dialog = (title, content) => {
  const before = document.activeElement;
  const name = kit.id("dialog");
  const dialog = kit.h("dialog", { "aria-labelledby": name });
  const close = () => dialog.close();
  dialog.append(kit.h("header", { class: "row apart" }, kit.h("h2", { id: name }, title), kit.button("Close", close, "bare")),
    kit.h("div", { class: "stack" }, content(close)));
  dialog.addEventListener("close", () => { dialog.remove(); if (before?.isConnected) before.focus(); });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
};

/** Ask before something that cannot be undone; resolves to whether the person agreed. */
kit.confirm = (title, text, verb) => new Promise((done) => {
  let agreed = false;
  const dialog = kit.dialog(title, (close) => [kit.h("p", null, text), kit.h("div", { class: "row" },
    kit.button(verb, () => { agreed = true; close(); }, "danger"), kit.button("Cancel", close))]);
  dialog.addEventListener("close", () => done(agreed));
});

/** Say briefly that something worked. Errors never vanish by themselves: they are banners. */
kit.toast = (text) => {
  const place = document.querySelector(".toasts") || kit.h("div", { class: "toasts", role: "status" });
  if (!place.isConnected) document.body.append(place);
  const toast = kit.h("div", { class: "toast" }, kit.h("span", null, text), kit.button("Dismiss", () => toast.remove()));
  requestAnimationFrame(() => place.replaceChildren(toast)); // after the region exists, so that it is read aloud
  setTimeout(() => toast.remove(), 8000);
};

/** Return a picture; a broken link shows words, after `renew()` gave one other link. */
kit.picture = (source, alt, renew) => {
  const gone = () => kit.h("span", { class: "picture" }, alt || "No picture");
  if (!source) return gone();
  const image = kit.h("img", { class: "picture", src: source, alt, loading: "lazy" });
  image.addEventListener("error", async () => {
    const next = renew && !image.renewed && (image.renewed = true) && (await renew().catch(() => null));
    if (next) image.src = next;
    else image.replaceWith(gone());
  });
  return image;
};

/** Say at the top of the page that there is no connection, until it is back. */
kit.watchConnection = (place, text = "You are offline. What you see may be old; changes are not saved.") => {
  const show = () => place.replaceChildren(...(navigator.onLine ? [] : [kit.banner(text, "warn")]));
  place.setAttribute("role", "status");
  addEventListener("online", show);
  addEventListener("offline", show);
  show();
};

/** Run an action of a button: nothing runs twice, and what goes wrong is said in a dialog. */
kit.act = (action) => async (event) => {
  const button = event.currentTarget;
  if (button.hasAttribute("aria-disabled")) return;
  button.setAttribute("aria-disabled", "true");
  try {
    await action();
  } catch (error) {
    if (!(error instanceof kit.Problem)) console.error(error);
    const text = error instanceof kit.Problem ? Object.values(error.fields)[0] || error.message : kit.WORDS.InternalError;
    kit.dialog("That did not work", (close) => [kit.h("p", null, text), kit.h("div", { class: "row" }, error.code === "SessionExpired"
      ? kit.button("Load the page again", () => location.reload(), "primary") : kit.button("Close", close))]);
  }
  button.removeAttribute("aria-disabled");
};

kit.date = (text) => text ? new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) : "";
