"""Blueprints of `together`, each with the path prefixes that it answers; handlers of queues and schedules have none."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.together.routes.accounts": ("/v1/together/accounts",),
    "chalicelib.together.routes.achievements": ("/v1/together/achievements",),
    "chalicelib.together.routes.activities": ("/v1/together/activities",),
    "chalicelib.together.routes.challenges": ("/v1/together/challenges",),
    "chalicelib.together.routes.goals": ("/v1/together/goals",),
    "chalicelib.together.routes.library": ("/v1/together/library",),
    "chalicelib.together.routes.profile": ("/v1/together/me",),
    "chalicelib.together.routes.sessions": ("/v1/together/sessions",),
}
