"""Steps of the tests of notices and e-mails: add, dispatch, send, look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.integrations import email
from chalicelib.kit import aws, clock
from chalicelib.together.domain.notices import Notice
from chalicelib.together.enums import NotificationKind
from chalicelib.together.models import Notification, User
from chalicelib.together.service.notifications import add_notice
from infra.deploy import handlers
from infra.local import schedules
from infra.local.engine import Engine

NOON = datetime.fromisoformat("2031-03-12T12:00:00Z")
"""No hour of it is quiet in UTC."""


class Clock:
    """Our clock, which stands until a test moves it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = NOON
        patch.setattr(clock, "now", lambda: self.now)

    def advance(self, **delta: float) -> datetime:
        """Move the clock and return its time."""
        self.now += timedelta(**delta)
        return self.now


def new_notice(user: User, at: datetime, cause: str = "cause", **fields: Any) -> Notification:
    """Add a notice of the kind `reminder`, or of another one, and return its row."""
    kind = fields.pop("kind", NotificationKind.REMINDER)
    assert add_notice(Notice(user.id, kind, cause, "A date is near", "It is in 7 days.", at, **fields))
    return Notification.get(user.id, f"{clock.iso(at)}#{cause}")


def dispatch(due: datetime) -> None:
    """Run the schedule that finds the due notices."""
    name = "together-dispatch_notifications"
    [schedule] = [each for each in handlers.schedules() if each.name == name]
    handlers.chalice_app().handler_map[name](schedules.event_of(schedule, due), None)


def subjects(engine: Engine) -> list[str]:
    """Return the subjects of the e-mails that SES took, the oldest first."""
    return [each["Subject"] for each in engine.sent_emails()]


@contextmanager
def ses(event: str, hook: Callable[..., Any]) -> Iterator[None]:
    """Call the hook at an event of the requests that send e-mails."""
    events = aws.client("ses", read_timeout=email.READ_SECONDS, attempts=1).meta.events
    events.register_first(f"{event}.ses.SendRawEmail", hook)
    try:
        yield
    finally:
        events.unregister(f"{event}.ses.SendRawEmail", hook)


@contextmanager
def ses_failing(code: str, status: int = 400) -> Iterator[list[str]]:
    """Let SES answer with this error; yields a list with an item for each request."""
    requests: list[str] = []

    def answer(**_: Any) -> tuple[Any, Any]:
        requests.append(code)
        return SimpleNamespace(status_code=status), {"Error": {"Code": code}, "ResponseMetadata": {}}

    with ses("before-call", answer):
        yield requests
