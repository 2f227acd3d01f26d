"""Backroom's table of contents: every blueprint with the paths that it answers, no logic."""

from chalicelib.kit.contents import Contents
from chalicelib.kit.http import problem_details

app = Contents(
    app_name="backroom",
    chapters={
        "chalicelib.kit.routes": ("/health", "/ready", "/openapi.json", "/docs"),
        "chalicelib.shops.routes.shopify": ("/shopify", "/webhooks/shopify"),
        "chalicelib.shops.routes.merchant": ("/v1/shops",),
        "chalicelib.shops.routes.operator": ("/v1/operator/shops", "/v1/operator/deliveries", "/v1/operator/tables"),
        "chalicelib.shops.jobs": (),
        "chalicelib.billing.routes.subscription": (
            "/v1/billing/subscription",
            "/v1/billing/plans",
            "/v1/billing/checkout",
        ),
        "chalicelib.billing.routes.changes": (
            "/v1/billing/subscription/preview",
            "/v1/billing/subscription/change",
            "/v1/billing/subscription/cancel",
            "/v1/billing/subscription/resume",
            "/v1/billing/portal",
        ),
        "chalicelib.billing.routes.credits": ("/v1/billing/credits",),
        "chalicelib.billing.routes.payments": ("/v1/billing/payments",),
        "chalicelib.billing.routes.addons": ("/v1/billing/addons",),
        "chalicelib.billing.routes.gifts": ("/v1/billing/gifts",),
        "chalicelib.billing.routes.codes": ("/v1/billing/codes", "/v1/operator/billing/codes"),
        "chalicelib.billing.routes.operator": ("/v1/operator/billing",),
        "chalicelib.billing.routes.webhook": ("/webhooks/stripe",),
        "chalicelib.billing.jobs": (),
        "chalicelib.studio.routes.products": ("/v1/studio/products",),
        "chalicelib.studio.routes.styles": ("/v1/studio/styles",),
        "chalicelib.studio.routes.bases": ("/v1/studio/bases",),
        "chalicelib.studio.routes.gallery": (
            "/v1/studio/generations",
            "/v1/studio/quota",
            "/v1/studio/usage",
            "/v1/studio/watermark",
        ),
        "chalicelib.studio.routes.callbacks": ("/webhooks/images",),
        "chalicelib.studio.routes.operator": ("/v1/operator/studio",),
        "chalicelib.studio.routes.pages": ("/studio",),
        "chalicelib.studio.routes.shopper": ("/proxy/studio",),
        "chalicelib.studio.jobs": (),
        "chalicelib.retention.routes": (
            "/v1/operator/privacy-requests",
            "/v1/operator/retention-rules",
            "/v1/operator/retention-runs",
        ),
        "chalicelib.retention.jobs": (),
    },
)
app.register_middleware(problem_details, "http")
