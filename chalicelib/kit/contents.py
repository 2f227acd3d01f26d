"""Blueprints of `kit`, each with the path prefixes that it answers; handlers of queues and schedules have none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.kit.routes": ("/", "/health", "/ready", "/openapi.json", "/asyncapi.json", "/docs", "/kit/web"),
}
