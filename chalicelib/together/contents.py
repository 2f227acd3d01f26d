"""Blueprints of `together`, each with the path prefixes that it answers; handlers of queues and schedules have none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.together.jobs.days": (),
    "chalicelib.together.jobs.mail": (),
    "chalicelib.together.jobs.mail_feedback": (),
    "chalicelib.together.jobs.notifications": (),
    "chalicelib.together.jobs.relationships": (),
    "chalicelib.together.routes.achievements": ("/v1/together/achievements",),
    "chalicelib.together.routes.activities": ("/v1/together/activities",),
    "chalicelib.together.routes.blocks": ("/v1/together/blocks",),
    "chalicelib.together.routes.calendar": ("/v1/together/calendar", "/together/calendar.ics"),
    "chalicelib.together.routes.challenges": ("/v1/together/challenges",),
    "chalicelib.together.routes.checkins": ("/v1/together/checkins",),
    "chalicelib.together.routes.conversations": ("/v1/together/conversations",),
    "chalicelib.together.routes.dashboard": ("/v1/together/dashboard", "/v1/together/insights"),
    "chalicelib.together.routes.dates": ("/v1/together/dates",),
    "chalicelib.together.routes.goals": ("/v1/together/goals",),
    "chalicelib.together.routes.invitations": ("/v1/together/invitations",),
    "chalicelib.together.routes.library": ("/v1/together/library",),
    "chalicelib.together.routes.notifications": ("/v1/together/notifications",),
    "chalicelib.together.routes.relationships": ("/v1/together/relationship", "/v1/together/relationships"),
    "chalicelib.together.routes.unsubscribe": ("/together/unsubscribe",),
}
