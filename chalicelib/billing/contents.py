"""Blueprints of `billing`, each with the path prefixes that it answers; handlers of queues and schedules have none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.billing.routes.subscription": ("/v1/billing/subscription",),
    "chalicelib.billing.routes.checkout": ("/v1/billing/plans", "/v1/billing/checkout"),
    "chalicelib.billing.routes.subscription_changes": (
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
    "chalicelib.billing.routes.discount_codes": ("/v1/billing/codes", "/v1/operator/billing/codes"),
    "chalicelib.billing.routes.operator": ("/v1/operator/billing",),
    "chalicelib.billing.routes.stripe_webhook": ("/webhooks/stripe",),
    "chalicelib.billing.jobs": (),
}
