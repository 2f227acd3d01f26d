const $ = (id) => document.getElementById(id);
const API = "../v1/studio/watermark";
const MAX_BYTES = 500000;
const CHANGED = "Somebody else changed it. Load the page again to see how it is now.";

let tag = null; // the version that this page shows
let image = null; // a picture that was chosen and not saved yet, in base64
let timer = null;
let previewCount = 0;
const errors = { save: "", preview: "" }; // shown in this order; an answer to one never hides the other's error

/** What goes wrong in words for the merchant. */
class Told extends Error {
  constructor(text, code) {
    super(text);
    this.code = code;
  }
}

async function call(method, path, body, headers = {}) {
  const sent = {
    Authorization: "Bearer " + (await shopify.idToken()),
    "Content-Type": "application/json",
    ...headers,
  };
  const answer = await fetch(API + path, { method, headers: sent, body: body && JSON.stringify(body) }).catch(() => null);
  if (!answer) throw new Told("You seem to be offline. Please try again.");
  const read = await answer.json().catch(() => ({}));
  if (answer.ok) return { read, tag: answer.headers.get("ETag") };
  if (answer.status === 412) throw new Told(CHANGED, read.code);
  const fields = read.errors && read.errors.map((each) => each.message).join(" ");
  throw new Told(fields || read.detail || "Something went wrong. Please try again.", read.code);
}

function settings() {
  const position = document.querySelector("input[name=position]:checked").value;
  const set = { opacity: $("opacity").value, size_percentage: $("size").value, position };
  return image ? { ...set, image } : set;
}

function fill(mark) {
  $("opacity").value = mark.opacity;
  $("size").value = mark.size_percentage;
  $("active").checked = mark.is_active;
  document.querySelector("input[name=position][value=" + mark.position + "]").checked = true;
}

function say() {
  $("opacity-words").textContent = Math.round($("opacity").value * 100) + " %";
  $("size-words").textContent = $("size").value + " % of the width";
}

function showError(source, text) {
  errors[source] = text;
  $("error").textContent = errors.save || errors.preview;
}

/** Show the server's preview; answers to older requests are ignored. */
async function look() {
  const mine = ++previewCount;
  try {
    const { read } = await call("POST", "/preview", settings());
    if (mine !== previewCount) return;
    $("preview").src = "data:image/jpeg;base64," + read.preview;
    showError("preview", "");
  } catch (error) {
    if (mine !== previewCount) return;
    showError("preview", error.code === "WatermarkNotFound" ? "Choose a picture for the watermark." : error.message);
  }
}

function lookSoon() {
  say();
  showError("save", "");
  clearTimeout(timer);
  timer = setTimeout(look, 150);
}

function choose(file) {
  if (!file) return;
  if (file.size > MAX_BYTES) {
    showError("save", "The picture may have 500 KB.");
    return;
  }
  const reader = new FileReader();
  reader.onload = () => {
    image = reader.result.split(",")[1];
    showError("save", "");
    look();
  };
  reader.readAsDataURL(file);
}

async function save() {
  $("save").disabled = true;
  $("status").textContent = "Saving…";
  try {
    const wanted = { ...settings(), is_active: $("active").checked };
    const answer = await call("PUT", "", wanted, tag ? { "If-Match": tag } : {});
    tag = answer.tag;
    image = null;
    $("file").value = "";
    showError("save", "");
    $("status").textContent = "Saved.";
  } catch (error) {
    $("status").textContent = "";
    showError("save", error.message);
  }
  $("save").disabled = false;
}

$("form").addEventListener("input", (event) => { if (event.target.id !== "file") lookSoon(); });
$("file").addEventListener("change", () => choose($("file").files[0]));
$("form").addEventListener("submit", (event) => { event.preventDefault(); save(); });

call("GET", "")
  .then((answer) => { tag = answer.tag; fill(answer.read); })
  .catch((error) => { if (error.code !== "WatermarkNotFound") showError("save", error.message); })
  .finally(() => { say(); look(); });
