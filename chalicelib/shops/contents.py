"""Blueprints of `shops` with their path prefixes; the blueprint of queue and schedule handlers has none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.shops.routes.shopify": ("/shopify", "/webhooks/shopify"),
    "chalicelib.shops.routes.merchant": ("/v1/shops",),
    "chalicelib.shops.routes.operator": ("/v1/operator/shops", "/v1/operator/deliveries", "/v1/operator/tables"),
    "chalicelib.shops.jobs": (),
}
