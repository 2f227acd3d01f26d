from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from chalicelib.analytics.enums import CollectedType
from chalicelib.analytics.errors import SiteNotFound
from chalicelib.analytics.models import Site
from chalicelib.analytics.schemas.events import Rejection, TrackedEvent
from chalicelib.analytics.service import feature_used, track
from chalicelib.kit import clock
from tests.analytics.collection_factories import queued_events


def test_repeated_calls_send_the_same_events(new_site):
    new_site()
    at = clock.now()
    for _ in range(2):
        feature_used("store:1", "export", "owner-1", at)
        track("store:1", [TrackedEvent(name="goal_completed", at=at, value=Decimal("1.50"), data={"b": 1, "a": 2})])
    first, second, *rest = [message.events[0] for message in queued_events()]
    assert {event.id for event in rest} == {first.id, second.id}
    used = next(event for event in (first, second) if event.type is CollectedType.FEATURE_USAGE)
    assert (used.name, used.user_id, used.source) == ("export", "owner-1", "server")


def test_other_arguments_make_another_event(new_site):
    new_site()
    at = clock.now()
    for subject, moment in (("a", at), ("b", at), ("a", at - timedelta(seconds=1))):
        feature_used("store:1", "export", subject, moment)
    assert len({message.events[0].id for message in queued_events()}) == 3


def test_invalid_event_is_refused_alone(new_site):
    new_site()
    now = clock.now()
    events = [
        TrackedEvent(name="ok", at=now),
        TrackedEvent(name="paid", type=CollectedType.PAYMENT, at=now),
        TrackedEvent(name="old", at=now - timedelta(days=732)),
    ]
    result = track("store:1", events)
    assert result.rejected == [Rejection(index=1, code="type_not_allowed"), Rejection(index=2, code="too_old")]
    assert [event.name for message in queued_events() for event in message.events] == ["ok"]


def test_unknown_tenant_is_an_error_and_an_inactive_one_is_silent(new_site):
    with pytest.raises(SiteNotFound):
        feature_used("store:9", "export", "a", clock.now())
    new_site()
    Site("store:1").update([Site.is_active.set(False)])
    assert feature_used("store:1", "export", "a", clock.now()).accepted == 0
    assert queued_events() == []
