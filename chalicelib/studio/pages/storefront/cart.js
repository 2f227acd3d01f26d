/** The shop's cart, by Shopify's Ajax API. */

/** Return whether the cart has the line already: the answer that said so may have been lost. */
async function isInCart({ name, value }) {
  const cart = await fetch(page.shop + "/cart.js").then((answer) => answer.json()).catch(() => ({}));
  return Boolean(cart.items?.some((item) => item.properties?.[name] === value));
}

async function buy() {
  if (made.isUncertain && (await isInCart(made.property))) return location.assign(page.shop + "/cart");
  const line = { id: made.variant, quantity: 1, properties: { [made.property.name]: made.property.value } };
  const answer = await fetch(page.shop + "/cart/add.js", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ items: [line] }),
  }).catch(() => null);
  made.isUncertain = !answer;
  if (!answer) throw new Told("There is no connection. Please try again.", "cart");
  if (!answer.ok) {
    const read = await answer.json().catch(() => ({}));
    throw new Told(read.description || "It could not be put into the cart. Please try again.", "cart");
  }
  location.assign(page.shop + "/cart");
}
