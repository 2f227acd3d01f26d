/** The photo: chosen or dropped, shown, and sent at once, so that a reload does not lose it. */
const MAX_BYTES = 25e6;
const TYPES = ["image/jpeg", "image/png", "image/webp"];
const SMALL_SIDE = 800; // px of the picture that a reload shows
const HEIC_BRANDS = ["heic", "heix", "heim", "heis", "hevc", "hevx"];
const HEIC = "This photo is HEIC: save it as JPEG, then choose it again.";

let photo = null; // { width, height, small, upload: { id, token }, isAccepted }
let sending = null; // resolves to the upload once it is accepted, rejects with a Told
let file = null; // what is being sent
let key = null; // of the upload's request: the same when the same file is sent again

/** Return whether the content is HEIC: the brands of its first box say so, whatever the file's name is. */
async function isHeic(file) {
  const head = new DataView(await file.slice(0, 64).arrayBuffer());
  const text = String.fromCharCode(...new Uint8Array(head.buffer));
  if (text.slice(4, 8) !== "ftyp") return false;
  return (text.slice(8, head.getUint32(0)).match(/.{4}/gs) || []).some((brand) => HEIC_BRANDS.includes(brand));
}

/** Show the photo and send it; an earlier one is forgotten. */
async function choosePhoto(chosen) {
  file = chosen;
  photo = sending = null;
  key = crypto.randomUUID();
  kept.write("photo", null);
  kept.write("wish", null);
  wrong("photo", "");
  showPhoto(null);
  $("sent").hidden = true;
  Object.assign(crop, { x: 0.5, y: 0.5, zoom: 1 });
  keepChoices();
  if (!chosen) return;
  if (await isHeic(chosen)) return refuse(HEIC);
  if (chosen.size > MAX_BYTES) return refuse("The file is larger than 25 MB.");
  if (!chosen.size) return refuse("The file is empty.");
  if (chosen !== file) return; // another one was chosen in between
  photo = { upload: null, isAccepted: false };
  showPhoto(URL.createObjectURL(chosen));
  startSending();

  function refuse(text) {
    if (chosen !== file) return;
    file = null;
    $("photo").value = "";
    wrong("photo", text);
  }
}

/** Show a picture of the photo, or none. What the browser cannot show is sent all the same. */
function showPhoto(source) {
  $("chosen").hidden = true;
  frame.photo = null;
  if (source) $("shown").src = source;
  else $("shown").removeAttribute("src");
}

$("shown").addEventListener("load", () => {
  const { naturalWidth: width, naturalHeight: height } = $("shown");
  if (!photo.small) {
    const scale = Math.min(1, SMALL_SIDE / Math.max(width, height));
    const canvas = Object.assign(document.createElement("canvas"), { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) });
    const brush = canvas.getContext("2d");
    brush.fillStyle = "#fff"; // JPEG has no transparency
    brush.fillRect(0, 0, canvas.width, canvas.height);
    brush.drawImage($("shown"), 0, 0, canvas.width, canvas.height);
    Object.assign(photo, { width, height, small: canvas.toDataURL("image/jpeg", 0.8) });
    kept.write("photo", photo);
  }
  frame.photo = photo;
  $("chosen").hidden = false;
  frame.draw();
});
$("shown").addEventListener("error", () => { $("chosen").hidden = true; });

/** Send the photo in the background; what goes wrong is shown at once, unless another photo was chosen. */
function startSending() {
  const mine = photo;
  const current = () => mine === photo;
  sending = send(mine, current);
  sending.then(() => current() && !busy && say(""), (error) => {
    if (!current()) return;
    sending = null;
    if (busy) return; // the one that waits for it says so
    say("");
    wrong("photo", error instanceof Told ? error.message : WORDS.InternalError);
  });
}

/** Return the upload once it is accepted. What was done before a reload is not done again. */
async function send(mine, current) {
  const content = file;
  if (!mine.upload) {
    const type = TYPES.includes(content.type) ? content.type : TYPES[0];
    say("Sending your photo…", null);
    const begun = await call("POST", "uploads", { key, body: { content_type: type } });
    await post(begun, content, current);
    mine.upload = { id: begun.id, token: begun.token };
    if (current()) kept.write("photo", mine);
  }
  if (current() && !mine.isAccepted) say("Looking at your photo…", null);
  const read = mine.isAccepted || await poll(async () => {
    const state = await call("GET", "uploads/" + mine.upload.id, asGuest(mine.upload));
    return state.status !== "awaiting" && state;
  }, 3);
  if (!read) throw new Told("Looking at the photo takes too long. Please try again.", "photo");
  if (read.status === "rejected") throw forget(mine, read.reject_reason);
  if (read.status === "deleted") throw forget(mine, LOST_PHOTO);
  mine.isAccepted = true;
  if (current()) kept.write("photo", mine);
  return mine.upload;
}

/** Forget the upload, so that the file is sent again under another one; return what to say. */
function forget(mine, text) {
  mine.upload = null;
  mine.isAccepted = false;
  key = crypto.randomUUID();
  if (mine === photo) {
    sending = null;
    kept.write("photo", null);
    if (!file) { // since a reload: it must be chosen again
      photo = null;
      showPhoto(null);
    }
  }
  return new Told(text, "photo");
}

/** Send the form to the bucket; a lost connection is tried again. The same form overwrites the same object. */
async function post({ url, fields }, content, current) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", content);
  for (let attempt = 0; attempt < 7 && current(); attempt++) {
    const status = await postOnce(url, form, current);
    if (status >= 200 && status < 300) return;
    if (status && status < 500) break;
    sayOffline();
    await kit.pause(Math.min(2 ** attempt, 10));
  }
  key = crypto.randomUUID(); // a form is valid for 15 minutes
  throw new Told("The photo did not arrive. Please try again.", "photo");
}

/** Resolve to the answer's status, 0 without one. Only this kind of request tells how far it is. */
function postOnce(url, form, current) {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = (event) => current() && say("Sending your photo…", event.loaded / event.total);
    request.onloadend = () => done(request.status);
    request.open("POST", url);
    request.send(form);
  });
}

$("photo").addEventListener("change", () => choosePhoto($("photo").files[0] || null));

/** A file dropped anywhere on the page; other things that are dragged go their way. */
const hasFile = (event) => [...event.dataTransfer.types].includes("Files");
addEventListener("dragover", (event) => {
  if (!hasFile(event)) return;
  event.preventDefault();
  document.body.classList.add("dropping");
});
addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("dropping"); });
addEventListener("drop", (event) => {
  document.body.classList.remove("dropping");
  if (!hasFile(event)) return;
  event.preventDefault();
  const [dropped] = event.dataTransfer.files;
  if (!dropped) return;
  const one = new DataTransfer();
  one.items.add(dropped);
  $("photo").files = one.files;
  choosePhoto(dropped);
});
