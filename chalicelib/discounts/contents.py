"""Blueprints of `discounts`, each with the path prefixes that it answers; handlers of queues and schedules have none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.discounts.routes.discounts": ("/v1/discounts/discounts",),
    "chalicelib.discounts.routes.preview": ("/v1/discounts/preview",),
    "chalicelib.discounts.routes.operator": ("/v1/operator/discounts",),
    "chalicelib.discounts.jobs": (),
}
