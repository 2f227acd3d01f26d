/** From a photo to a preview and the cart. The work of a tab survives a reload. */
const page = kit.data();
const $ = (id) => document.getElementById(id);
const MAX_BYTES = 25e6;
const TYPES = ["image/jpeg", "image/png", "image/webp"];
const WORDS = {
  QuotaExceeded: "This shop cannot make more images this month.",
  TooManyGenerations: "Many people are making images just now. Please try again in a minute.",
  StorageExceeded: "This shop cannot take more photos at the moment.",
  NotOffered: "This style is not offered any more. Please choose another.",
  UploadNotFound: "Your photo is not kept any more. Please choose it again.",
  InvalidUploadToken: "Your photo is not kept any more. Please choose it again.",
  InternalError: "Something went wrong. Please try again.",
};
const ABOUT_THE_PHOTO = ["UploadNotFound", "InvalidUploadToken", "UploadNotReady", "InvalidUpload"];

/** What goes wrong in words for the shopper; `field` is where it is shown. */
class Told extends Error {
  constructor(text, field = "make") {
    super(text);
    this.field = field;
  }
}

let upload = null; // { id, token } of a photo that was accepted
let property = null; // what the cart's line carries
let busy = false;

/** The work of this tab, so that a reload continues it. A browser may forbid storage. */
const kept = {
  key: "backroom:" + page.prefix + ":" + page.product_id,
  read() { try { return JSON.parse(sessionStorage.getItem(this.key)); } catch { return null; } },
  write(work) { try { sessionStorage.setItem(this.key, JSON.stringify(work)); } catch { /* then a reload starts over */ } },
};

function say(text, progress) {
  $("status").textContent = text;
  $("progress").hidden = progress === undefined;
  if (progress) $("progress").value = progress;
  else $("progress").removeAttribute("value");
}

function wrong(field, text) {
  $(field + "-error").textContent = text;
  if ($(field)) $(field).toggleAttribute("aria-invalid", false);
  if (text && field === "photo") $(field).setAttribute("aria-invalid", "true");
}

function work(is) {
  busy = is;
  $("make").setAttribute("aria-disabled", is);
  $("cart").setAttribute("aria-disabled", is);
}

const client = kit.client({
  base: page.prefix + "/",
  words: WORDS,
  tries: 7,
  waiting: (isOffline) => isOffline && say("There is no connection. Your work continues as soon as there is one.", null),
});

/** One call through the app proxy; what goes wrong is shown at the photo if it is about the photo. */
async function call(method, path, options) {
  try {
    return (await client(method, path, options)).data;
  } catch (error) {
    throw new Told(error.message, ABOUT_THE_PHOTO.includes(error.code) ? "photo" : "make");
  }
}

/** The form to S3; only this kind of request tells how far it is. */
function post(url, form) {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = (event) => say("Sending your photo…", event.loaded / event.total);
    request.onloadend = () => done(request.status >= 200 && request.status < 300);
    request.open("POST", url);
    request.send(form);
  });
}

async function send(file) {
  if (file.size > MAX_BYTES) throw new Told("The file is larger than 25 MB.", "photo");
  if (!file.size) throw new Told("The file is empty.", "photo");
  say("Sending your photo…", null);
  const begun = await call("POST", "uploads", { key: true, body: { content_type: TYPES.includes(file.type) ? file.type : TYPES[0] } });
  const form = new FormData();
  for (const [name, value] of Object.entries(begun.fields)) form.append(name, value);
  form.append("file", file);
  if (!(await post(begun.url, form))) throw new Told("The photo did not arrive. Please try again.", "photo");
  say("Looking at your photo…", null);
  for (let n = 0; n < 60; n++) {
    const seen = await call("GET", "uploads/" + begun.id, asGuest(begun));
    if (seen.status === "accepted") return { id: begun.id, token: begun.token };
    if (seen.status === "rejected") throw new Told(seen.reject_reason, "photo");
    await kit.pause(Math.min(0.5 + n / 4, 4));
  }
  throw new Told("Looking at the photo takes too long. Please try again.", "photo");
}

function asGuest(owner) {
  return { query: { token: owner.token } };
}

/** Waits for a preview that was asked for, and shows it. */
async function follow(asked) {
  kept.write(asked);
  upload = asked.upload;
  for (let n = 0; n < 120; n++) {
    const read = await call("GET", "generations/" + asked.id, asGuest(upload));
    if (read.status === "completed") return show(read);
    if (read.status === "failed") {
      kept.write(null);
      throw new Told((read.error_message || "Your image could not be made.") + " You can try again.");
    }
    say("Making your image… this takes a few seconds.", null);
    await kit.pause(Math.min(1 + n / 5, 5));
  }
  throw new Told("This takes longer than usual. Load the page again in a few minutes.");
}

function show(read) {
  property = read.line_item_property;
  say("Your image is ready.");
  $("picture").src = read.preview_url;
  $("result").hidden = false;
  $("ready").focus({ preventScroll: true });
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  $("result").scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "nearest" });
}

/** Does one thing at a time, and says where it went wrong. */
async function attempt(action) {
  if (busy) return;
  work(true);
  for (const field of ["photo", "style", "make", "cart"]) wrong(field, "");
  try {
    await action();
  } catch (error) {
    const told = error instanceof Told ? error : new Told("Something went wrong. Please try again.");
    say("");
    wrong(told.field, told.message);
    if (told.field === "photo") { upload = null; $("photo").focus(); }
    if (told.field === "style") document.querySelector("input[name=style]").focus();
  }
  work(false);
}

async function make() {
  const file = $("photo").files[0];
  const style = document.querySelector("input[name=style]:checked");
  if (!file && !upload) throw new Told("Please choose a photo.", "photo");
  if (!style) throw new Told("Please choose a style.", "style");
  $("result").hidden = true;
  upload ??= await send(file);
  say("Making your image…", null);
  const wish = { product_id: page.product_id, style_id: style.value, upload_id: upload.id, text: $("words").value };
  const asked = await call("POST", "generations", { key: true, body: upload.token ? { ...wish, upload_token: upload.token } : wish });
  await follow({ id: asked.id, upload, style: style.value });
}

async function buy() {
  const line = { id: Number($("size").value), quantity: 1, properties: { [property.name]: property.value } };
  const answer = await fetch(page.shop + "/cart/add.js", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ items: [line] }),
  }).catch(() => null);
  if (!answer) throw new Told("There is no connection. Please try again.", "cart");
  if (!answer.ok) {
    const read = await answer.json().catch(() => ({}));
    throw new Told(read.description || "It could not be put into the cart. Please try again.", "cart");
  }
  kept.write(null);
  location.assign(page.shop + "/cart");
}

$("photo").addEventListener("change", () => {
  const file = $("photo").files[0];
  upload = null;
  wrong("photo", "");
  $("chosen").hidden = !file;
  if (file) $("chosen").src = URL.createObjectURL(file);
});
$("chosen").addEventListener("error", () => { $("chosen").hidden = true; });
$("styles").addEventListener("change", () => wrong("style", ""));
$("form").addEventListener("submit", (event) => { event.preventDefault(); attempt(make); });
$("cart").addEventListener("click", () => attempt(buy));
$("again").addEventListener("click", () => { $("result").hidden = true; say(""); $("photo").focus(); });

// A preview's link lasts for minutes: one that has expired is asked for again, once.
let renewed = false;
$("picture").addEventListener("load", () => { renewed = false; });
$("picture").addEventListener("error", () => {
  if (renewed || !kept.read()) return;
  renewed = true;
  attempt(() => follow(kept.read()));
});

const before = kept.read();
if (before) {
  const style = document.querySelector('input[name=style][value="' + CSS.escape(before.style) + '"]');
  if (style) style.checked = true;
  attempt(() => follow(before));
}
