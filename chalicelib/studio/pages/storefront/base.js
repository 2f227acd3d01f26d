/** What every part of the page uses: the work of this tab, words for problems, and the calls through the app proxy. */
const page = kit.data();
const $ = (id) => document.getElementById(id);
const LOST_PHOTO = "Your photo is not kept any more. Please choose it again.";
const WORDS = {
  QuotaExceeded: "This shop cannot make more images this month.",
  TooManyGenerations: "Many people are making images just now. Please try again in a minute.",
  StorageExceeded: "This shop cannot take more photos at the moment.",
  NotOffered: "This style is not offered any more. Please choose another.",
  UploadNotFound: LOST_PHOTO,
  InvalidUploadToken: LOST_PHOTO,
  SizeRequired: "Please choose a size.",
  SizeNotFound: "This size is not offered any more. Please load the page again.",
  CropRequired: "Please choose the part of your photo that is printed.",
  InvalidCrop: "The frame does not fit the size any more. Please load the page again.",
  ResolutionTooLow: "This photo has too few pixels for this size. Choose a smaller size or a larger photo.",
  GenerationNotFound: "Your image is not kept any more. Please make it again.",
  InternalError: "Something went wrong. Please try again.",
};
const ABOUT_THE_PHOTO = ["UploadNotFound", "InvalidUploadToken", "UploadNotReady", "InvalidUpload"];
const ABOUT_THE_SIZE = ["SizeRequired", "SizeNotFound"];
const ABOUT_THE_CROP = ["CropRequired", "InvalidCrop", "ResolutionTooLow"];

/** What goes wrong in words for the shopper; `field` is where it is shown, `status` the answer's (0: there was none). */
class Told extends Error {
  constructor(text, field = "make", status = 400) {
    super(text);
    this.field = field;
    this.status = status;
  }
}

/**
 * The work of this tab, so that a reload, or Back from the cart, continues it. A browser may forbid storage. Parts:
 * `choices` (size, style, words, crop), `photo` (upload, width, height, a small picture), `wish` (a request for a preview
 * whose answer is not known yet, with its key), `preview` (the last one that was accepted).
 */
const kept = {
  name: "backroom:" + page.prefix + ":" + page.product_id + ":",
  read(part) { try { return JSON.parse(sessionStorage.getItem(this.name + part)); } catch { return null; } },
  write(part, value) { try { sessionStorage.setItem(this.name + part, JSON.stringify(value)); } catch { /* then a reload starts over */ } },
};

let busy = false;

function say(text, progress) {
  $("status").textContent = text;
  $("progress").hidden = progress === undefined;
  if (progress) $("progress").value = progress;
  else $("progress").removeAttribute("value");
}

function wrong(field, text) {
  $(field + "-error").textContent = text;
  if (field !== "photo") return;
  if (text) $("photo").setAttribute("aria-invalid", "true");
  else $("photo").removeAttribute("aria-invalid");
}

function work(is) {
  busy = is;
  $("make").setAttribute("aria-disabled", is);
  $("cart").setAttribute("aria-disabled", is);
}

const sayOffline = () => say("There is no connection. Your work continues as soon as there is one.", null);
const client = kit.client({ base: page.prefix + "/", words: WORDS, tries: 7, waiting: (isOffline) => isOffline && sayOffline() });
const fieldOf = (code) => Object.entries({ photo: ABOUT_THE_PHOTO, size: ABOUT_THE_SIZE, crop: ABOUT_THE_CROP }).find(([, codes]) => codes.includes(code))?.[0] || "make";

/** One call through the app proxy; what goes wrong is shown at the field that it is about. */
async function call(method, path, options) {
  try {
    return (await client(method, path, options)).data;
  } catch (error) {
    throw new Told(error.message, fieldOf(error.code), error.status);
  }
}

/** Call `look` until it returns something, at first after 0.1 s, then ever more slowly; null after about `minutes`. */
async function poll(look, minutes) {
  for (let pause = 0.1, waited = 0; waited < minutes * 60; waited += pause, pause = Math.min(pause * 1.4, 4)) {
    await kit.pause(pause);
    const result = await look();
    if (result) return result;
  }
  return null;
}

const asGuest = (upload) => ({ query: { token: upload.token } });
