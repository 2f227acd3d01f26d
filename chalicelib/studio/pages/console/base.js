/** What every tab of the console uses: the API, pictures, and words for the API's problems. */
const studio = kit.data();
const WORDS = {
  QuotaExceeded: "This month's images are used up.",
  StorageExceeded: "Your shop's storage is full. Old pictures must go first, or the limit must be raised.",
  TooManyGenerations: "Many images are being made just now. Please try again in a minute.",
  VariantAlreadyMapped: "Another size has this variant already. Choose another one, or remove it there first.",
  TooManyStyles: "A product can have at most 99 styles.",
  InvalidImage: "This file cannot be used. Choose a PNG, JPEG or WebP picture.",
  FinalInProgress: "This print is being made already.",
  FinalCanceled: "The order line was canceled or refunded, so that nothing is printed.",
};
studio.call = kit.client({ base: "../v1/studio/", token: () => shopify.idToken(), words: WORDS });
studio.all = (path, query) => kit.all(studio.call, path, query);
studio.read = async (path, query) => (await studio.call("GET", path, { query })).data;
studio.shop = async () => (await kit.client({ base: "../v1/", token: () => shopify.idToken() })("GET", "shops/me")).data;
studio.tag = (row) => `"${row.updated_at}"`;
studio.go = (hash) => { if (location.hash === "#" + hash) dispatchEvent(new HashChangeEvent("hashchange")); else location.hash = hash; };

/** Return a heading that takes the focus, for a view that replaced another. */
studio.heading = (text) => kit.h("h2", { tabindex: -1, dir: "auto" }, text);
studio.back = (text, hash) => kit.button("← " + text, () => studio.go(hash), "bare");

/** Return a file's content as base64; pictures that are too large are made smaller first. */
studio.base64 = async (file, { longest = Infinity, type = "image/jpeg" } = {}) => {
  let blob = file;
  if (longest !== Infinity) {
    const picture = await createImageBitmap(file).catch(() => { throw new kit.Problem("InvalidImage", WORDS.InvalidImage); });
    const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
    const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
    const brush = canvas.getContext("2d");
    brush.fillStyle = "#fff"; // JPEG has no transparency
    brush.fillRect(0, 0, canvas.width, canvas.height);
    brush.drawImage(picture, 0, 0, canvas.width, canvas.height);
    blob = await new Promise((done) => canvas.toBlob(done, type, 0.85));
  }
  return new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.split(",")[1]);
    reader.readAsDataURL(blob);
  });
};

/** Return Shopify's number in a GID. */
studio.number = (gid) => (gid || "").split("/").at(-1);
studio.date = kit.date;
studio.preview = (product) => `${studio.storefront}/apps/studio/products/${product.shopify_product_id}/page`;

/** Let the merchant choose by App Bridge; resolves to an empty list if they cancel. */
studio.pick = async (options) => (await shopify.resourcePicker(options)) || [];

studio.act = kit.act;
