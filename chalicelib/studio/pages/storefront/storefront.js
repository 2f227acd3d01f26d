/** The form: request a preview, show it, and restore the work of the tab. */
let readyPreview = null; // the preview on the page: { variant, property, isUncertain }

const chosenStyle = () => document.querySelector("input[name=style]:checked");

function keepChoices() {
  savedWork.write("choices", { size: chosenSize()?.id, style: chosenStyle()?.value, words: $("words").value, crop });
}

/** Run the action unless another one is running; show its error at the field. */
async function attempt(action) {
  if (busy) return;
  setBusy(true);
  for (const field of ["size", "photo", "crop", "style", "make", "cart"]) showError(field, "");
  try {
    await action();
  } catch (error) {
    const failure = error instanceof PageError ? error : new PageError(WORDS.InternalError);
    showStatus("");
    showError(failure.field, failure.message);
    focusOn(failure.field);
  }
  setBusy(false);
}

function focusOn(field) {
  if (field === "photo") $("photo").focus();
  if (field === "crop") $("frame").focus();
  if (field === "style" || field === "size") document.querySelector(`input[name=${field}]`).focus();
}

async function make() {
  await choosing;
  const size = chosenSize(), style = chosenStyle(), mine = photo;
  if (page.sizes.length && !size) throw new PageError("Please choose a size.", "size");
  if (!photo?.upload && !file) throw new PageError("Please choose a photo.", "photo");
  if (!style) throw new PageError("Please choose a style.", "style");
  if (frame.dpi() !== null && frame.dpi() < page.least_dpi) throw new PageError(WORDS.ResolutionTooLow, "crop");
  $("result").hidden = true;
  if (!sending) startSending();
  const upload = await sending.catch((error) => { if (mine === photo) throw error; });
  if (mine !== photo) return make(); // another photo was chosen in between
  frame.photo ??= photo.width ? photo : null;
  frame.draw();
  const body = { product_id: page.product_id, style_id: style.value, upload_id: upload.id, text: $("words").value };
  if (upload.token) body.upload_token = upload.token;
  if (size) Object.assign(body, { size_id: size.id, crop: frame.fractions() || undefined });
  const before = savedWork.read("pending");
  const isSame = before && JSON.stringify(before.body) === JSON.stringify(body);
  await request(isSame ? before : { body, key: crypto.randomUUID(), upload });
}

/** Request a preview and wait for it. The request is saved until its response is known, so that a repeat makes no second preview. */
async function request(pending) {
  savedWork.write("pending", pending);
  showStatus("Making your image…", null);
  let accepted;
  try {
    accepted = await call("POST", "generations", { key: pending.key, body: pending.body });
  } catch (error) {
    if (error.status && error.status < 500) savedWork.write("pending", null);
    if (error.field === "photo" && photo) forget(photo);
    throw error;
  }
  const softDpi = accepted.is_low_resolution ? accepted.dpi : null;
  const preview = { id: accepted.id, upload: pending.upload, size: pending.body.size_id, softDpi };
  savedWork.write("preview", preview);
  savedWork.write("pending", null);
  await follow(preview);
}

/** Wait for a preview that was requested, and show it. */
async function follow(preview) {
  showStatus("Making your image… this takes a few seconds.", null);
  const read = await poll(async () => {
    const state = await call("GET", "generations/" + preview.id, asGuest(preview.upload)).catch((error) => {
      if ([403, 404].includes(error.status)) savedWork.write("preview", null);
      throw error.field === "photo" ? new PageError(WORDS.GenerationNotFound) : error;
    });
    return ["completed", "failed"].includes(state.status) && state;
  }, 8);
  if (!read) throw new PageError("This takes longer than usual. Load the page again in a few minutes.");
  if (read.status === "failed") {
    savedWork.write("preview", null);
    throw new PageError((read.error_message || "Your image could not be made.") + " You can try again.");
  }
  show(preview, read);
}

function show(preview, read) {
  const size = page.sizes.find((each) => each.id === preview.size) || (page.sizes.length === 1 ? page.sizes[0] : null);
  readyPreview = { variant: size?.variant, property: read.line_item_property };
  showStatus("Your image is ready.");
  $("picture").src = read.preview_url;
  $("marked").hidden = !read.is_watermarked;
  $("soft-print").hidden = preview.softDpi === null || preview.softDpi === undefined;
  $("soft-print").textContent = `Your print will have about ${preview.softDpi} dpi and may look soft.`;
  $("buy").hidden = !readyPreview.variant;
  $("ordered").textContent = size ? "Size: " + size.name : "";
  $("result").hidden = false;
  $("ready").focus({ preventScroll: true });
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  $("result").scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "nearest" });
}

$("sizes").addEventListener("change", () => { showError("size", ""); crop.zoom = 1; frame.draw(); if (frame.photo) frame.move(crop.x, crop.y); keepChoices(); });
$("styles").addEventListener("change", () => { showError("style", ""); keepChoices(); });
$("words").addEventListener("input", keepChoices);
$("form").addEventListener("submit", (event) => { event.preventDefault(); attempt(make); });
$("cart").addEventListener("click", () => attempt(buy));
$("again").addEventListener("click", () => { $("result").hidden = true; showStatus(""); $("photo").focus(); });

// A preview's link expires after minutes: request a new link once.
let renewed = false;
$("picture").addEventListener("load", () => { renewed = false; });
$("picture").addEventListener("error", () => {
  if (renewed || !savedWork.read("preview")) return;
  renewed = true;
  attempt(() => follow(savedWork.read("preview")));
});

/** Restore the work of this tab: choices, photo, and a preview that was requested. */
function restore() {
  const choices = savedWork.read("choices");
  for (const name of ["size", "style"]) {
    const radio = choices && document.querySelector(`input[name=${name}][value="${CSS.escape(choices[name] || "")}"]`);
    if (radio) radio.checked = true;
  }
  if (choices) {
    $("words").value = choices.words;
    Object.assign(crop, choices.crop);
  }
  photo = savedWork.read("photo");
  if (!photo?.upload) photo = null; // the file was not sent yet
  if (photo?.small) choosing = showPhoto(photo.small);
  $("sent").hidden = !photo;
  if (photo) startSending();
  const pending = savedWork.read("pending"), preview = savedWork.read("preview");
  if (pending) attempt(() => request(pending));
  else if (preview) attempt(() => follow(preview));
}
restore();
