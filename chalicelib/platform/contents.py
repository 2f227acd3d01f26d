"""Blueprints of `platform`, each with the path prefixes that it answers; handlers of queues and schedules have none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.platform.routes.pages": ("/platform/app",),
}
