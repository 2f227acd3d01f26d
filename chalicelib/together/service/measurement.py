"""Events of members for analytics: what happened, never its content. Members can opt out."""

from __future__ import annotations

from datetime import datetime

from chalicelib.analytics import service as analytics
from chalicelib.analytics.schemas.events import TrackedEvent
from chalicelib.kit import logs
from chalicelib.kit.errors import NotFound
from chalicelib.together.models import User

TENANT = "together"

log = logs.logger("together")


def is_measured(user: User) -> bool:
    """Return whether the member's events are sent to analytics."""
    return bool((user.preferences or {}).get("analytics", True))


def track_event(user: User, name: str, at: datetime, event_id: str | None = None) -> None:
    """Send an event of the member, unless they opted out. A repeated `event_id` (a UUID) counts once.

    A failure is logged, because what the member did succeeded.
    """
    if not is_measured(user):
        return
    event = TrackedEvent(name=name, at=at, user_id=user.id, id=event_id)
    try:
        try:
            analytics.track(TENANT, [event])
        except NotFound:
            analytics.register_site(TENANT, "Together")
            analytics.track(TENANT, [event])
    except Exception:
        log.exception("event not sent to analytics", extra={"event": name})


def note_use(user: User, feature: str, at: datetime) -> None:
    """Count the use of a feature by the member, unless they opted out. A failure is logged."""
    if not is_measured(user):
        return
    try:
        try:
            analytics.feature_used(TENANT, feature, user.id, at)
        except NotFound:
            analytics.register_site(TENANT, "Together")
            analytics.feature_used(TENANT, feature, user.id, at)
    except Exception:
        log.exception("use of a feature not counted", extra={"feature": feature})
