"""Blueprints of `shops`, each with the path prefixes that it answers; handlers of queues and schedules have none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.shops.routes.shopify": ("/shopify", "/webhooks/shopify"),
    "chalicelib.shops.routes.merchant": ("/v1/shops",),
    "chalicelib.shops.routes.operator": ("/v1/operator/shops", "/v1/operator/deliveries", "/v1/operator/tables"),
    "chalicelib.shops.jobs": (),
}
