/** The shop's cart, by Shopify's Ajax API. */

/** Return whether the cart already has the line, because the response to an earlier request may have been lost. */
async function isInCart({ name, value }) {
  const cart = await fetch(page.shop + "/cart.js").then((answer) => answer.json()).catch(() => ({}));
  return Boolean(cart.items?.some((item) => item.properties?.[name] === value));
}

async function buy() {
  if (readyPreview.isUncertain && (await isInCart(readyPreview.property))) return location.assign(page.shop + "/cart");
  const line = { id: readyPreview.variant, quantity: 1, properties: { [readyPreview.property.name]: readyPreview.property.value } };
  const answer = await fetch(page.shop + "/cart/add.js", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ items: [line] }),
  }).catch(() => null);
  readyPreview.isUncertain = !answer;
  if (!answer) throw new PageError("There is no connection. Please try again.", "cart");
  if (!answer.ok) {
    const read = await answer.json().catch(() => ({}));
    throw new PageError(read.description || "The print could not be added to the cart. Please try again.", "cart");
  }
  location.assign(page.shop + "/cart");
}
