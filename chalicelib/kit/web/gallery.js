/** Every component in every state, with short, Arabic and very long texts. */
const LONG = "A label of two hundred letters that nobody would write and somebody will paste, ".repeat(3).slice(0, 200);
const ARABIC = "صورة عائلية بألوان مائية مع إطار خشبي";
const DAYS = Array.from({ length: 30 }, (_, n) => new Date(Date.UTC(2026, 0, 15 + n)).toISOString());
const WAVE = DAYS.map((_, n) => Math.round(40 + 30 * Math.sin(n / 4) + (n % 7) * 4));
const section = (title, ...content) => kit.h("section", { class: "card stack", "aria-label": title }, kit.h("h2", null, title), content);
const never = () => new Promise(() => {});

function form() {
  const fields = [
    kit.field({ name: "name", label: "Name", hint: "As shoppers see it.", required: true, maxlength: 255 }),
    kit.field({ name: "width", label: "Width in px", type: "number", min: 1, max: 12000, value: 2400 }),
    kit.field({ name: "kind", label: "Kind", tag: "select", options: [["a", "Poster"], ["b", ARABIC], ["c", LONG]] }),
    kit.field({ name: "text", label: "Prompt", tag: "textarea", value: "{style} of {product}" }),
    kit.field({ name: "photo", label: "Photo", type: "file", accept: "image/png" }),
    kit.field({ name: "active", label: "Offer it to shoppers", type: "checkbox", value: true }),
  ];
  return kit.form({ label: "Example", fields, cancel: () => kit.toast("Nothing was changed."), reload: () => kit.toast("Loaded again."),
    save: async ({ name }) => {
      if (name === "conflict") throw new kit.Problem("VersionMismatch");
      if (name === "wrong") throw new kit.Problem("InvalidInput", "", { errors: [{ path: "body.width", message: "The width is too large." }] });
      kit.toast("Saved.");
    } });
}

function refused() {
  const shown = kit.h("div", { class: "columns" }, kit.field({ name: "bad", label: LONG, value: ARABIC, hint: "A hint." }),
    kit.field({ name: "off", label: "Cannot be changed", value: "Fixed", disabled: true }));
  queueMicrotask(() => kit.mark(shown.querySelector("input"), "Another product has this name."));
  return shown;
}

function load(read) {
  const place = kit.h("div", null);
  kit.load(place, read, (text) => kit.h("p", null, text));
  return place;
}

const rows = [["Portrait", 12, "good"], [ARABIC, 7, "warn"], [LONG, 1250, "bad"]];
const charts = [
  { type: "line", title: "Previews a day", unit: "previews", x: DAYS, open: DAYS.map((_, n) => n === 29), series: [{ name: "This year", values: WAVE },
    { name: ARABIC, values: WAVE.map((value, n) => (n === 9 ? null : value / 2 + n)) }] },
  { type: "bar", title: "Images by style", x: ["Pencil", "Oil", ARABIC, LONG], series: [{ name: "Images", values: [120, 80, 45, 3] }] },
  { type: "stacked", title: "Revenue by plan", unit: "USD", x: ["Q1", "Q2", "Q3", "Q4"], series: [
    { name: "Basic", values: [1200, 1500, 1400, 1800] }, { name: "Plus", values: [600, 900, 1600, 2100] }, { name: LONG.slice(0, 60), values: [0, 200, 300, 900] }] },
  { type: "heat", title: "Orders by day and hour", x: Array.from({ length: 24 }, (_, n) => n + ":00"), series: ["Monday", "Tuesday", "Wednesday"].map(
    (name, row) => ({ name, values: Array.from({ length: 24 }, (_, n) => ((n * 7 + row * 5) % 13) * (n > 6 && n < 22)) })) },
  { type: "interval", title: "Conversion with its 95 % interval", unit: "%", x: ["Control", "Variant A", "Variant B"], series: [
    { name: "Conversion", values: [3.1, 3.6, 2.8], low: [2.7, 3.1, 2.1], high: [3.5, 4.1, 3.5] }] },
];

document.getElementById("place").append(kit.h("div", { class: "stack" },
  section("Look", kit.field({ name: "look", label: "Look", tag: "select", options: [["plain", "Plain"], ["admin", "Shopify's admin"]],
    onchange: (event) => { document.body.dataset.look = event.target.value; } })),
  section("Buttons", kit.h("div", { class: "row" }, kit.button("Primary", () => {}, "primary"), kit.button("Plain", () => {}),
    kit.button("Bare", () => {}, "bare"), kit.button("Remove", () => {}, "danger"), kit.h("button", { disabled: true }, "Disabled"),
    kit.h("a", { class: "button", href: "#main" }, "A link"))),
  section("Form", kit.h("p", { class: "soft" }, "The name “wrong” is refused beside a field, “conflict” by another person's change."), form()),
  section("Field with an error", refused()),
  section("Table", kit.table("Products", [["Title", (row) => row[0]], ["Images", (row) => row[1].toLocaleString("en"), "number"],
    ["State", (row) => kit.badge({ good: "On sale", warn: "Hidden", bad: "Failed" }[row[2]], row[2])]], rows)),
  section("List", kit.list(rows.map(([title, count]) => [kit.h("div", { class: "main" }, kit.h("h3", { dir: "auto" }, title), kit.h("p", { class: "soft" }, count + " images")),
    kit.button("Edit", () => kit.toast("Edit"))]))),
  section("Tabs", kit.tabs("Example tabs", [["one", "Products", (panel) => panel.replaceChildren("The first panel.")],
    ["two", ARABIC, (panel) => panel.replaceChildren("The second panel.")]])),
  section("Dialog and toast", kit.h("div", { class: "row" }, kit.button("Open a dialog", () => kit.dialog("A dialog", (close) => [
    kit.field({ name: "note", label: "Note" }), kit.h("div", { class: "row" }, kit.button("Done", close, "primary"))])),
    kit.button("Ask", async () => kit.toast((await kit.confirm("Remove the size?", "Past prints stay.", "Remove")) ? "Removed." : "Kept.")),
    kit.button("Say it", () => kit.toast("Saved.")))),
  section("Empty", kit.empty("No products yet", "Choose the products that shoppers can personalise.", kit.button("Choose products", () => {}, "primary"))),
  section("Loading", load(never)),
  section("Error", load(() => Promise.reject(new kit.Problem("Unavailable")))),
  section("Offline and expired session", kit.banner("You are offline. What you see may be old; changes are not saved.", "warn"),
    load(() => Promise.reject(new kit.Problem("SessionExpired")))),
  section("Banners and badges", kit.banner("A print waits for the image service.", "warn"), kit.banner("Your shop is ready.", "good"),
    kit.banner("A note."), kit.h("div", { class: "row" }, kit.badge("Draft"), kit.badge("Done", "good"), kit.badge("Waiting", "warn"), kit.badge("Failed", "bad"))),
  section("Pictures", kit.h("ul", { class: "tiles" }, kit.h("li", null, kit.picture(null, "No example")),
    kit.h("li", null, kit.picture("data:,broken", "A picture that is gone")))),
  ...charts.map((spec) => section("Chart: " + spec.type, kit.chart(spec))),
  section("Sparkline", kit.h("p", { class: "row" }, "Previews in 30 days ", kit.sparkline({ title: "Previews in 30 days", values: WAVE }))),
));
kit.watchConnection(document.getElementById("connection"));
