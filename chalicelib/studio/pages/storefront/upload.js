/** The upload of the photo: sent in the background, inspected, and tried again where that is harmless. */
let sending = null; // resolves to the upload once it is accepted, rejects with a Told

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
    const begun = await call("POST", "uploads", { key: mine.key, body: { content_type: type } });
    if (!(await post(begun, content, current))) throw forget(mine, "The photo did not arrive. Please try again."); // a form is valid for 15 minutes
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
  mine.width ??= read.width; // of a photo that the browser cannot show
  mine.height ??= read.height;
  if (current()) kept.write("photo", mine);
  return mine.upload;
}

/** Forget the upload, so that the file is sent again under another one; return what to say. */
function forget(mine, text) {
  mine.upload = null;
  mine.isAccepted = false;
  mine.key = crypto.randomUUID();
  if (mine === photo) {
    sending = null;
    kept.write("photo", null);
    if (!file) showPhoto(null); // after a reload: it must be chosen again
  }
  return new Told(text, "photo");
}

/** Send the form to the bucket and return whether it arrived; a lost connection is tried again. The same form overwrites the same object. */
async function post({ url, fields }, content, current) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", content);
  for (let attempt = 0; attempt < 7 && current(); attempt++) {
    const status = await postOnce(url, form, current);
    if (status >= 200 && status < 300) return true;
    if (status && status < 500) break;
    if (current()) sayOffline();
    await kit.pause(Math.min(2 ** attempt, 10));
  }
  return false;
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
