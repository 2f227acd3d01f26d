"""Blueprints of `platform`, each with the path prefixes that it answers; handlers of queues and schedules have none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.platform.routes.pages": ("/platform/app",),
    "chalicelib.platform.jobs.accounts": (),
    "chalicelib.platform.routes.accounts": ("/v1/platform/accounts",),
    "chalicelib.platform.routes.profile": ("/v1/platform/me",),
    "chalicelib.platform.routes.sessions": ("/v1/platform/sessions",),
    "chalicelib.platform.jobs.subscriptions": (),
    "chalicelib.platform.jobs.migrations": (),
    "chalicelib.platform.routes.migrations": ("/v1/operator/platform/migrations",),
    "chalicelib.platform.routes.operator_stores": ("/v1/operator/platform/stores",),
    "chalicelib.platform.routes.store_keys": ("/v1/platform/stores/{store_id}/keys",),
    "chalicelib.platform.routes.store_tokens": ("/v1/platform/stores/{store_id}/token",),
    "chalicelib.platform.routes.stores": ("/v1/platform/stores",),
    "chalicelib.platform.jobs.audit": (),
    "chalicelib.platform.jobs.store_measures": (),
    "chalicelib.platform.jobs.usage": (),
    "chalicelib.platform.jobs.provisioning": (),
    "chalicelib.platform.routes.moves": ("/v1/platform/stores/{store_id}/move",),
    "chalicelib.platform.routes.databases": ("/v1/platform/stores/{store_id}/database",),
    "chalicelib.platform.routes.backups": (
        "/v1/platform/stores/{store_id}/backups",
        "/v1/platform/stores/{store_id}/restore",
    ),
    "chalicelib.platform.routes.storages": ("/v1/platform/stores/{store_id}/storage",),
    "chalicelib.platform.routes.provisioning": (
        "/v1/platform/stores/{store_id}/provision",
        "/v1/operator/platform/jobs",
    ),
    "chalicelib.platform.routes.audit": ("/v1/platform/stores/{store_id}/audit", "/v1/operator/platform/audit"),
    "chalicelib.platform.routes.settings": ("/v1/operator/platform/settings",),
    "chalicelib.platform.routes.usage": (
        "/v1/platform/stores/{store_id}/usage",
        "/v1/platform/stores/{store_id}/api-logs",
    ),
    "chalicelib.platform.routes.platform_users": ("/v1/operator/platform/users",),
    "chalicelib.platform.routes.store_api": ("/v1/store",),
}
