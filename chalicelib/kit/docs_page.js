/** The API reference: search, links to closed parts, and a form per operation that sends a request with a token. */
const forms = kit.data();
const MOST_LETTERS = 20000;
const tools = document.getElementById("tools");
const operations = [...document.querySelectorAll(".operation")];
const texts = new Map(operations.map((each) => [each, each.closest("section").firstChild.textContent + " " + each.querySelector("summary").textContent]));

const found = kit.h("p", { class: "soft", role: "status" });
const search = kit.field({ name: "search", label: "Search", type: "search", hint: "Words of a path, a method or a summary." });
const token = kit.field({ name: "token", label: "Access token", type: "password", autocomplete: "off", spellcheck: "false",
  value: sessionStorage.getItem("token"), hint: "Sent as a bearer token. It stays in this tab." });
tools.append(kit.h("form", { class: "card columns", role: "search", onsubmit: (event) => event.preventDefault() }, search, token, found));

function filter() {
  const words = search.querySelector("input").value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const each of operations) each.hidden = !words.every((word) => texts.get(each).toLowerCase().includes(word));
  for (const section of document.querySelectorAll("#operations section")) section.hidden = !section.querySelector(".operation:not([hidden])");
  document.getElementById("schemas").hidden = words.length > 0;
  const count = operations.filter((each) => !each.hidden).length;
  found.textContent = words.length ? `${count} of ${operations.length} operations` : `${operations.length} operations`;
}
search.addEventListener("input", filter);
token.addEventListener("input", () => sessionStorage.setItem("token", token.querySelector("input").value.trim()));
filter();

/** Open the part that the address names, also when the search hides it. */
function reveal() {
  const part = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (part?.tagName !== "DETAILS") return;
  if (part.hidden || part.parentElement.hidden) {
    search.querySelector("input").value = "";
    filter();
  }
  part.open = true;
  part.scrollIntoView();
  part.querySelector("summary").focus({ preventScroll: true });
}
addEventListener("hashchange", reveal);
reveal();

for (const each of operations) {
  each.addEventListener("toggle", () => {
    if (each.open && !each.querySelector("form")) each.lastElementChild.append(sender(forms[each.id]));
  });
  if (each.open) each.dispatchEvent(new Event("toggle"));
}

function sender(form) {
  const result = kit.h("div", { role: "status" });
  const fields = form.parameters.map(({ name, required, hint }) => kit.field({ name, label: name, required, hint }));
  const body = "body" in form && kit.field({ name: "__body", label: "Body (JSON)", tag: "textarea", rows: 8, dir: "ltr", spellcheck: "false",
    value: JSON.stringify(form.body, null, 2) });
  return kit.h("div", { class: "stack" }, kit.h("h3", null, "Send it"), kit.form({ label: "Send " + form.method + " " + form.path,
    fields: [kit.h("div", { class: "columns" }, fields), body], submit: "Send", save: async (values) => {
      result.replaceChildren(kit.loading());
      try {
        result.replaceChildren(...(await send(form, values)));
      } catch (error) {
        result.replaceChildren();
        throw error instanceof kit.Problem ? error : new kit.Problem("Offline");
      }
    } }), result);
}

async function send(form, values) {
  const url = new URL("." + form.path.replace(/{(\w+)}/g, (_, name) => encodeURIComponent(values[name])), location.href);
  const headers = {};
  for (const { name, in: place } of form.parameters) {
    if (values[name] && place === "query") url.searchParams.set(name, values[name]);
    if (values[name] && place === "header") headers[name] = values[name];
  }
  const key = sessionStorage.getItem("token");
  if (key && form.credential) headers.Authorization = "Bearer " + key;
  if (values.__body !== undefined) {
    headers["Content-Type"] = "application/json";
    try { JSON.parse(values.__body); } catch (error) { throw new kit.Problem("InvalidJson", "", { errors: [{ path: "__body", message: error.message }] }); }
  }
  const start = performance.now();
  const response = await fetch(url, { method: form.method, headers, body: values.__body, redirect: "manual" });
  const text = await response.text();
  const type = response.headers.get("Content-Type") || "";
  const shown = type.includes("json") && text ? JSON.stringify(JSON.parse(text), null, 2) : text;
  const names = ["Content-Type", "ETag", "Location", "Link", "Retry-After", "X-Request-Id"].filter((name) => response.headers.get(name));
  const status = response.type === "opaqueredirect" ? "A redirect" : `${response.status} ${response.statusText}`.trim();
  return [
    kit.h("p", { class: "row" }, kit.badge(status, response.ok ? "good" : "bad"), kit.h("span", { class: "soft" }, `${Math.round(performance.now() - start)} ms`)),
    kit.h("pre", { tabindex: 0 }, names.map((name) => `${name}: ${response.headers.get(name)}`).join("\n") + "\n\n" + shown.slice(0, MOST_LETTERS)),
  ];
}
