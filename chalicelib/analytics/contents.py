"""Blueprints of `analytics`, each with the path prefixes that it answers; handlers of queues and schedules have none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.analytics.routes.campaigns": ("/v1/analytics/sites/{tenant}/campaigns",),
    "chalicelib.analytics.routes.collection": ("/v1/analytics/events",),
    "chalicelib.analytics.routes.error_logs": ("/v1/analytics/sites/{tenant}/errors",),
    "chalicelib.analytics.routes.revenue": (
        "/v1/operator/analytics/revenue",
        "/v1/operator/analytics/movements",
        "/v1/operator/analytics/exchange-rates",
    ),
    "chalicelib.analytics.routes.cohorts": ("/v1/analytics/sites/{tenant}/cohorts",),
    "chalicelib.analytics.routes.funnels": ("/v1/analytics/sites/{tenant}/funnels",),
    "chalicelib.analytics.routes.reports": ("/v1/analytics/sites/{tenant}/reports",),
    "chalicelib.analytics.routes.experiments": ("/v1/analytics/sites/{tenant}/experiments",),
    "chalicelib.analytics.routes.recomputation": ("/v1/operator/analytics/recompute",),
    "chalicelib.analytics.routes.pages": ("/analytics/app",),
    "chalicelib.analytics.routes.sites": ("/v1/operator/analytics/sites", "/v1/analytics/sites/{tenant}"),
    "chalicelib.analytics.routes.snippet": ("/analytics/snippet.js",),
    "chalicelib.analytics.routes.traffic": (
        "/v1/analytics/sites/{tenant}/counts",
        "/v1/analytics/sites/{tenant}/engagement",
        "/v1/analytics/sites/{tenant}/features",
        "/v1/analytics/sites/{tenant}/overview",
        "/v1/analytics/sites/{tenant}/partners",
    ),
    "chalicelib.analytics.routes.visits": (
        "/v1/analytics/sites/{tenant}/sessions",
        "/v1/analytics/sites/{tenant}/users",
    ),
    "chalicelib.analytics.jobs.days": (),
    "chalicelib.analytics.jobs.ingest": (),
    "chalicelib.analytics.jobs.records": (),
    "chalicelib.analytics.jobs.reports": (),
    "chalicelib.analytics.jobs.results": (),
    "chalicelib.analytics.jobs.revenue": (),
    "chalicelib.analytics.jobs.schedules": (),
}
