/** The upload of the photo: sent in the background, inspected, and retried if a repeat is harmless. */
let sending = null; // resolves to the upload once it is accepted, rejects with a PageError

/** Upload the photo in the background. An error is shown at once, unless another photo was chosen. */
function startSending() {
  const mine = photo;
  const current = () => mine === photo;
  sending = send(mine, current);
  sending.then(() => current() && !busy && showStatus(""), (error) => {
    if (!current()) return;
    sending = null;
    if (busy) return; // the action that awaits the upload shows the error
    showStatus("");
    showError("photo", error instanceof PageError ? error.message : WORDS.InternalError);
  });
}

/** Return the upload once it is accepted. Steps completed before a reload are not repeated. */
async function send(mine, current) {
  const content = file;
  if (!mine.upload) {
    const type = TYPES.includes(content.type) ? content.type : TYPES[0];
    showStatus("Sending your photo…", null);
    const created = await call("POST", "uploads", { key: mine.key, body: { content_type: type } });
    if (!(await post(created, content, current))) throw forget(mine, "The photo did not arrive. Please try again."); // a form is valid for 15 minutes
    mine.upload = { id: created.id, token: created.token };
    if (current()) savedWork.write("photo", mine);
  }
  if (current() && !mine.isAccepted) showStatus("Checking your photo…", null);
  const read = mine.isAccepted || await poll(async () => {
    const state = await call("GET", "uploads/" + mine.upload.id, asGuest(mine.upload));
    return state.status !== "awaiting" && state;
  }, 3);
  if (!read) throw new PageError("Checking the photo takes too long. Please try again.", "photo");
  if (read.status === "rejected") throw forget(mine, read.reject_reason);
  if (read.status === "deleted") throw forget(mine, LOST_PHOTO);
  mine.isAccepted = true;
  mine.width ??= read.width; // of a photo that the browser cannot show
  mine.height ??= read.height;
  if (current()) savedWork.write("photo", mine);
  return mine.upload;
}

/** Discard the upload, so that the file is sent again as a new one; return the error to throw. */
function forget(mine, text) {
  mine.upload = null;
  mine.isAccepted = false;
  mine.key = crypto.randomUUID();
  if (mine === photo) {
    sending = null;
    savedWork.write("photo", null);
    if (!file) showPhoto(null); // after a reload: it must be chosen again
  }
  return new PageError(text, "photo");
}

/** Post the form to the bucket and return whether it arrived; retry after a lost connection. A repeat overwrites the same object. */
async function post({ url, fields }, content, current) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", content);
  for (let attempt = 0; attempt < 7 && current(); attempt++) {
    const status = await postOnce(url, form, current);
    if (status >= 200 && status < 300) return true;
    if (status && status < 500) break;
    if (current()) showOffline();
    await kit.pause(Math.min(2 ** attempt, 10));
  }
  return false;
}

/** Resolve to the response's status, 0 without a response. XMLHttpRequest is used because fetch reports no upload progress. */
function postOnce(url, form, current) {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = (event) => current() && showStatus("Sending your photo…", event.loaded / event.total);
    request.onloadend = () => done(request.status);
    request.open("POST", url);
    request.send(form);
  });
}
