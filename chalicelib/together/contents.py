"""Blueprints of `together`, each with the path prefixes that it answers; handlers of queues and schedules have none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.together.jobs.ideas": (),
    "chalicelib.together.routes.achievements": ("/v1/together/achievements",),
    "chalicelib.together.routes.activities": ("/v1/together/activities",),
    "chalicelib.together.routes.bookings": ("/v1/together/bookings",),
    "chalicelib.together.routes.challenges": ("/v1/together/challenges",),
    "chalicelib.together.routes.conversations": ("/v1/together/conversations",),
    "chalicelib.together.routes.goals": ("/v1/together/goals",),
    "chalicelib.together.routes.ideas": ("/v1/together/ideas",),
    "chalicelib.together.routes.library": ("/v1/together/library",),
    "chalicelib.together.routes.operator": ("/v1/operator/together",),
    "chalicelib.together.routes.partners": ("/v1/together/partners",),
    "chalicelib.together.routes.perks": ("/v1/together/perks",),
}
