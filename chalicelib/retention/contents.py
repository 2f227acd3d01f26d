"""Blueprints of `retention`, each with the path prefixes that it answers; handlers of queues and schedules have none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.retention.routes": (
        "/v1/operator/privacy-requests",
        "/v1/operator/retention-rules",
        "/v1/operator/retention-runs",
        "/v1/retention/exports",
    ),
    "chalicelib.retention.jobs": (),
}
