/** Shared code of the page: the saved work of this tab, the texts of problems, and the calls through the app proxy. */
const page = kit.data();
const $ = (id) => document.getElementById(id);
const LOST_PHOTO = "Your photo is no longer stored. Please choose it again.";
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
  GenerationNotFound: "Your image is no longer stored. Please make it again.",
  InternalError: "Something went wrong. Please try again.",
};
const ABOUT_THE_PHOTO = ["UploadNotFound", "InvalidUploadToken", "UploadNotReady", "InvalidUpload"];
const ABOUT_THE_SIZE = ["SizeRequired", "SizeNotFound"];
const ABOUT_THE_CROP = ["CropRequired", "InvalidCrop", "ResolutionTooLow"];

/** An error with a text for the shopper; `field` is the field that shows it, `status` the response's (0: no response). */
class PageError extends Error {
  constructor(text, field = "make", status = 400) {
    super(text);
    this.field = field;
    this.status = status;
  }
}

/**
 * The saved work of this tab: a reload, or Back from the cart, continues it. A browser may forbid storage. Parts: `choices`
 * (size, style, words, crop), `photo` (upload, width, height, a small picture), `pending` (a request for a preview whose
 * response is not known yet, with its key), `preview` (the last preview that was accepted).
 */
const savedWork = {
  name: "backroom:" + page.prefix + ":" + page.product_id + ":",
  read(part) { try { return JSON.parse(sessionStorage.getItem(this.name + part)); } catch { return null; } },
  write(part, value) { try { sessionStorage.setItem(this.name + part, JSON.stringify(value)); } catch { /* without storage, a reload loses the work */ } },
};

let busy = false;

function showStatus(text, progress) {
  $("status").textContent = text;
  $("progress").hidden = progress === undefined;
  if (progress) $("progress").value = progress;
  else $("progress").removeAttribute("value");
}

function showError(field, text) {
  $(field + "-error").textContent = text;
  if (field !== "photo") return;
  if (text) $("photo").setAttribute("aria-invalid", "true");
  else $("photo").removeAttribute("aria-invalid");
}

function setBusy(isBusy) {
  busy = isBusy;
  $("make").setAttribute("aria-disabled", isBusy);
  $("cart").setAttribute("aria-disabled", isBusy);
}

const showOffline = () => showStatus("There is no connection. Your work continues as soon as there is one.", null);
const client = kit.client({ base: page.prefix + "/", words: WORDS, tries: 7, waiting: (isOffline) => isOffline && showOffline() });
const fieldOf = (code) => Object.entries({ photo: ABOUT_THE_PHOTO, size: ABOUT_THE_SIZE, crop: ABOUT_THE_CROP }).find(([, codes]) => codes.includes(code))?.[0] || "make";

/** Call the API through the app proxy. Throws a PageError with the field that must show the error. */
async function call(method, path, options) {
  try {
    return (await client(method, path, options)).data;
  } catch (error) {
    throw new PageError(error.message, fieldOf(error.code), error.status);
  }
}

/** Call `read` until it returns a result: first after 0.1 s, then with growing pauses. Return null after about `minutes`. */
async function poll(read, minutes) {
  for (let pause = 0.1, waited = 0; waited < minutes * 60; waited += pause, pause = Math.min(pause * 1.4, 4)) {
    await kit.pause(pause);
    const result = await read();
    if (result) return result;
  }
  return null;
}

const asGuest = (upload) => ({ query: { token: upload.token } });
