"""Blueprints of `platform`, each with the path prefixes that it answers; handlers of queues and schedules have none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.platform.jobs.audit": (),
    "chalicelib.platform.routes.audit": ("/v1/platform/stores/{store_id}/audit", "/v1/operator/platform/audit"),
    "chalicelib.platform.routes.settings": ("/v1/operator/platform/settings",),
}
