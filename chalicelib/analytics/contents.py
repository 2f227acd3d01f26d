"""Blueprints of `analytics`, each with the path prefixes that it answers; handlers of queues and schedules have none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.analytics.routes.revenue": (
        "/v1/operator/analytics/revenue",
        "/v1/operator/analytics/movements",
        "/v1/operator/analytics/exchange-rates",
    ),
    "chalicelib.analytics.routes.collection": ("/v1/analytics/events",),
    "chalicelib.analytics.routes.cohorts": ("/v1/analytics/sites/{tenant}/cohorts",),
    "chalicelib.analytics.routes.funnels": ("/v1/analytics/sites/{tenant}/funnels",),
    "chalicelib.analytics.routes.reports": ("/v1/analytics/sites/{tenant}/reports",),
    "chalicelib.analytics.routes.experiments": ("/v1/analytics/sites/{tenant}/experiments",),
    "chalicelib.analytics.routes.sites": ("/v1/operator/analytics/sites",),
    "chalicelib.analytics.routes.snippet": ("/analytics/snippet.js",),
    "chalicelib.analytics.jobs": (),
}
