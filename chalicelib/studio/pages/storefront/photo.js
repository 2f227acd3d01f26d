/** The photo: chosen or dropped, shown, and uploaded at once, so that a reload does not lose it. */
const MAX_BYTES = 25e6;
const TYPES = ["image/jpeg", "image/png", "image/webp"];
const SMALL_SIDE = 800; // px of the picture that a reload shows
const HEIC_BRANDS = ["heic", "heix", "heim", "heis", "hevc", "hevx"];
const HEIC = "This photo is HEIC: save it as JPEG, then choose it again.";

let photo = null; // { key, upload: { id, token }, isAccepted, width, height, small }; `key` is the upload's Idempotency-Key
let file = null; // the photo's file; null after a reload
let choosing = Promise.resolve(); // resolves once the chosen photo is shown

/** Return whether the content is HEIC, by the brands of its first box; the file's name is ignored. */
async function isHeic(file) {
  const head = new DataView(await file.slice(0, 64).arrayBuffer());
  const text = String.fromCharCode(...new Uint8Array(head.buffer));
  if (text.slice(4, 8) !== "ftyp") return false;
  return (text.slice(8, head.getUint32(0)).match(/.{4}/gs) || []).some((brand) => HEIC_BRANDS.includes(brand));
}

/** Show the photo and start its upload; discard an earlier photo. */
async function choosePhoto(chosen) {
  file = chosen;
  photo = sending = null;
  savedWork.write("photo", null);
  savedWork.write("pending", null);
  showError("photo", "");
  showPhoto(null);
  Object.assign(crop, { x: 0.5, y: 0.5, zoom: 1 });
  keepChoices();
  if (!chosen) return;
  if (await isHeic(chosen)) return refuse(HEIC);
  if (chosen.size > MAX_BYTES) return refuse("The file is larger than 25 MB.");
  if (!chosen.size) return refuse("The file is empty.");
  if (chosen !== file) return; // another one was chosen in between
  photo = { key: crypto.randomUUID(), upload: null, isAccepted: false };
  startSending();
  await showPhoto(URL.createObjectURL(chosen));

  function refuse(text) {
    if (chosen !== file) return;
    file = null;
    $("photo").value = "";
    showError("photo", text);
  }
}

/** Show the photo at URL `source`, or hide it; resolves once it is shown or fails to load. A photo that fails to load is still uploaded. */
function showPhoto(source) {
  $("chosen").hidden = $("sent").hidden = true;
  frame.photo = null;
  const picture = $("shown");
  return new Promise((done) => {
    picture.onload = () => { done(showFrame(picture)); };
    picture.onerror = done;
    if (source) return (picture.src = source);
    picture.removeAttribute("src");
    done();
  });
}

/** Show the frame over the photo, and save a small copy of the photo for a reload. */
function showFrame(picture) {
  const { naturalWidth: width, naturalHeight: height } = picture;
  if (!photo.small) {
    Object.assign(photo, { width, height, small: smallPicture(picture, width, height) });
    savedWork.write("photo", photo);
  }
  frame.photo = photo;
  $("chosen").hidden = false;
  frame.draw();
}

function smallPicture(picture, width, height) {
  const scale = Math.min(1, SMALL_SIDE / Math.max(width, height));
  const side = (length) => Math.max(1, Math.round(length * scale));
  const canvas = Object.assign(document.createElement("canvas"), { width: side(width), height: side(height) });
  const brush = canvas.getContext("2d");
  brush.fillStyle = "#fff"; // JPEG has no transparency
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.8);
}

$("photo").addEventListener("change", () => { choosing = choosePhoto($("photo").files[0] || null); });

/** Accept a file dropped anywhere on the page; ignore other dragged items. */
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
  choosing = choosePhoto(dropped);
});
