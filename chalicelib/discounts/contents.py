"""Blueprints of `discounts`, each with the path prefixes that it answers; handlers of queues and schedules have none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.discounts.routes.ab_tests": ("/v1/discounts/tests", "/proxy/discounts/ab"),
    "chalicelib.discounts.routes.competitors": ("/v1/discounts/competitors",),
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
    "chalicelib.discounts.routes.recommendations": ("/v1/discounts/recommendations",),
    "chalicelib.discounts.jobs": (),
}
