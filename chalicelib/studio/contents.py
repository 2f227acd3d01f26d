"""Blueprints of `studio`, each with the path prefixes that it answers; handlers of queues and schedules have none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.studio.routes.products": ("/v1/studio/products",),
    "chalicelib.studio.routes.styles": ("/v1/studio/styles",),
    "chalicelib.studio.routes.bases": ("/v1/studio/bases",),
    "chalicelib.studio.routes.gallery": (
        "/v1/studio/generations",
        "/v1/studio/quota",
        "/v1/studio/usage",
        "/v1/studio/visitor-limits",
        "/v1/studio/watermark",
    ),
    "chalicelib.studio.routes.callbacks": ("/webhooks/images",),
    "chalicelib.studio.routes.operator": ("/v1/operator/studio",),
    "chalicelib.studio.routes.pages": ("/studio",),
    "chalicelib.studio.routes.shopper": ("/proxy/studio",),
    "chalicelib.studio.jobs": (),
}
