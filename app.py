"""Backroom's table of contents: every blueprint by its paths, no logic."""

from chalicelib.kit.contents import Contents
from chalicelib.kit.http import problem_details

app = Contents(
    app_name="backroom",
    chapters={
        "chalicelib.kit.routes": ("/health", "/ready", "/openapi.json", "/docs"),
        "chalicelib.shops.routes": (
            "/shopify",
            "/webhooks/shopify",
            "/v1/shops",
            "/v1/operator/shops",
            "/v1/operator/deliveries",
            "/v1/operator/tables",
        ),
        "chalicelib.billing.routes": ("/v1/billing", "/v1/operator/billing", "/webhooks/stripe"),
        "chalicelib.studio.routes": (
            "/v1/studio",
            "/v1/operator/studio",
            "/proxy/studio",
            "/studio",
            "/webhooks/images",
        ),
        "chalicelib.retention.routes": ("/v1/operator/privacy-requests",),
        "chalicelib.shops.jobs": (),
        "chalicelib.billing.jobs": (),
        "chalicelib.studio.jobs": (),
        "chalicelib.retention.jobs": (),
    },
)
app.register_middleware(problem_details, "http")
