"""Blueprints of `analytics`, each with the path prefixes that it answers; handlers of queues and schedules have none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.analytics.routes.revenue": (
        "/v1/operator/analytics/revenue",
        "/v1/operator/analytics/movements",
        "/v1/operator/analytics/exchange-rates",
    ),
    "chalicelib.analytics.routes.collection": ("/v1/analytics/events",),
    "chalicelib.analytics.routes.sites": ("/v1/operator/analytics/sites",),
    "chalicelib.analytics.routes.recomputation": ("/v1/operator/analytics/recompute",),
    "chalicelib.analytics.routes.snippet": ("/analytics/snippet.js",),
    "chalicelib.analytics.jobs": (),
}
