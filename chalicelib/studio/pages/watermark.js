"use strict";
const $ = (id) => document.getElementById(id);
const API = "../v1/studio/watermark";
const MAX_BYTES = 500000;
const CHANGED = "Somebody else changed it. Load the page again to see how it is now.";

let tag = null; // the version that this page shows
let image = null; // a picture that was chosen and not saved yet, in base64
let timer = null;
let asked = 0;

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

/** The server's own preview; of several answers the one that was asked for last counts. */
async function look() {
  const mine = ++asked;
  try {
    const { read } = await call("POST", "/preview", settings());
    if (mine === asked) $("preview").src = "data:image/jpeg;base64," + read.preview;
    $("error").textContent = "";
  } catch (error) {
    if (mine !== asked) return;
    $("error").textContent = error.code === "WatermarkNotFound" ? "Choose a picture for the watermark." : error.message;
  }
}

function lookSoon() {
  say();
  clearTimeout(timer);
  timer = setTimeout(look, 150);
}

function choose(file) {
  if (!file) return;
  if (file.size > MAX_BYTES) {
    $("error").textContent = "The picture may have 500 KB.";
    return;
  }
  const reader = new FileReader();
  reader.onload = () => {
    image = reader.result.split(",")[1];
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
    $("error").textContent = "";
    $("status").textContent = "Saved.";
  } catch (error) {
    $("status").textContent = "";
    $("error").textContent = error.message;
  }
  $("save").disabled = false;
}

$("form").addEventListener("input", (event) => { if (event.target.id !== "file") lookSoon(); });
$("file").addEventListener("change", () => choose($("file").files[0]));
$("form").addEventListener("submit", (event) => { event.preventDefault(); save(); });

call("GET", "")
  .then((answer) => { tag = answer.tag; fill(answer.read); })
  .catch((error) => { if (error.code !== "WatermarkNotFound") $("error").textContent = error.message; })
  .finally(() => { say(); look(); });
