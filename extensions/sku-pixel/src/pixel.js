// Sends Shopify's customer events of SKUs to Backroom's analytics. Shopify loads the pixel only after consent.

const SKU_OF = {
  product_viewed: (data) => data.productVariant?.sku,
  product_added_to_cart: (data) => data.cartLine?.merchandise?.sku,
};
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Returns the event as analytics takes it; null if it is about no SKU. Shopify's event id makes a repeated event one. */
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

/** Subscribes to the events and sends each one at once; a failure to send is no error of the page. */
export function startPixel({ analytics, settings }) {
  const send = (event) => {
    const sent = analyticsEvent(event);
    if (!sent) return;
    fetch(settings.endpoint, {
      method: "POST",
      keepalive: true,
      headers: { "Content-Type": "text/plain" },
      body: JSON.stringify({ key: settings.key, sent_at: new Date().toISOString(), events: [sent] }),
    }).catch(() => {});
  };
  for (const name of Object.keys(SKU_OF)) analytics.subscribe(name, send);
}
