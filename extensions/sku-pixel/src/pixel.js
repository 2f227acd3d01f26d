// Sends Shopify's customer events of SKUs to Backroom's analytics. Shopify loads the pixel only after consent.

const SKU_OF = {
  product_viewed: (data) => data.productVariant?.sku,
  product_added_to_cart: (data) => data.cartLine?.merchandise?.sku,
};
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Return the event in the format of analytics; null if it has no SKU. Shopify's event id deduplicates repeats. */
export function analyticsEvent(event) {
  const sku = SKU_OF[event.name]?.(event.data ?? {});
  if (!sku) return null;
  const id = UUID.exec(event.id ?? "")?.[0].toLowerCase();
  return {
    ...(id ? { id } : {}),
    type: "user_action",
    name: event.name,
    at: event.timestamp,
    session_id: event.clientId,
    data: { sku },
  };
}

/** Subscribe to the events and send each one immediately; ignore failures, which must not disturb the page. */
export function startPixel({ analytics, settings }) {
  const send = (event) => {
    const body = analyticsEvent(event);
    if (!body) return;
    fetch(settings.endpoint, {
      method: "POST",
      keepalive: true,
      headers: { "Content-Type": "text/plain" },
      body: JSON.stringify({ key: settings.key, sent_at: new Date().toISOString(), events: [body] }),
    }).catch(() => {});
  };
  for (const name of Object.keys(SKU_OF)) analytics.subscribe(name, send);
}
