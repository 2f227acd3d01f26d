"""Blueprints of `discounts`, each with the path prefixes that it answers; handlers of queues and schedules have none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.discounts.routes.discounts": ("/v1/discounts/discounts",),
    "chalicelib.discounts.routes.preview": ("/v1/discounts/preview",),
    "chalicelib.discounts.routes.operator": ("/v1/operator/discounts",),
    "chalicelib.discounts.routes.figures": (
        "/v1/discounts/dashboard",
        "/v1/discounts/figures",
        "/v1/discounts/search",
    ),
    "chalicelib.discounts.routes.figure_exports": ("/v1/discounts/exports",),
    "chalicelib.discounts.routes.store_groups": ("/v1/discounts/stores",),
    "chalicelib.discounts.routes.pages": ("/discounts/app",),
    "chalicelib.discounts.jobs": (),
}
