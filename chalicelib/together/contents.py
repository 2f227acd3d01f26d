"""Blueprints of `together`, each with the path prefixes that it answers; handlers of queues and schedules have none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.together.jobs.mail": (),
    "chalicelib.together.jobs.mail_feedback": (),
    "chalicelib.together.jobs.notifications": (),
    "chalicelib.together.routes.notifications": ("/v1/together/notifications",),
    "chalicelib.together.routes.unsubscribe": ("/together/unsubscribe",),
}
