"""Random exposures and conversions: few subjects and keys, several versions, times around the experiment's bounds."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from chalicelib.analytics.domain.experiments.events import EXPOSED
from tests.analytics.event_factories import LakeEvent
from tests.analytics.experiment_factories import conversion, exposure, uuid_of

START = datetime.fromisoformat("2026-03-27T09:00:00+00:00")
END = START + timedelta(days=3)
LAST_DAY = END.date() + timedelta(days=1)
"""The last day that is read: results are computed at the end, and no event is in the future."""
SUBJECTS = ["s1", "s2", "s3", "s4", "s5"]
ZONES = ["Europe/Berlin", "America/New_York", "Pacific/Auckland"]
_VALUES = [None, 0, "0.10", "19.90", "-5", "0.3333333333"]


@st.composite
def subject_events(draw: st.DrawFn, test: str, other: str) -> LakeEvent:
    """An exposure or a conversion, of `test` or of `other`, of a subject or of nobody."""
    moment = draw(st.sampled_from([START, END])) + timedelta(milliseconds=draw(st.sampled_from([-1, 0, 1])))
    moment += timedelta(hours=draw(st.integers(-2, 80)) if draw(st.booleans()) else 0)
    subject = draw(st.sampled_from([*SUBJECTS, None]))
    target = draw(st.sampled_from([test, test, test, other]))
    columns = {"id": uuid_of(draw(st.integers(0, 2**60))), "time_zone": draw(st.sampled_from(ZONES))}
    if draw(st.booleans()):
        position = draw(st.sampled_from([0, 0, 0, 1, 1, 2, 3]))
        event = exposure(target, subject or "s1", position, moment, **columns)
    else:
        named = draw(st.booleans())
        value = draw(st.sampled_from(_VALUES))
        event = conversion(None if named else target, subject or "s1", moment, value, **columns)
    event["user_id"] = subject
    event["type"] = draw(st.sampled_from([event["type"]] * 6 + ["bot", "user_action"]))
    return event


@st.composite
def histories(draw: st.DrawFn, test: str, other: str) -> list[LakeEvent]:
    """Events with some newer versions, which have another value or another day."""
    events = draw(st.lists(subject_events(test, other), min_size=1, max_size=40, unique_by=lambda event: event["id"]))
    return events + [_changed(event, draw(st.integers(0, 2))) for event in draw(st.lists(st.sampled_from(events)))]


def _changed(event: LakeEvent, days: int) -> LakeEvent:
    """Return a newer version; the value changes only where the first version has one.

    An exposure never moves, since its id has its time, and no conversion moves past LAST_DAY.
    """
    value = event["value"] and Decimal(days)
    shift = 0 if event["name"] == EXPOSED else max(min(days, (LAST_DAY - event["day"]).days), 0)
    moved = {"day": event["day"] + timedelta(days=shift), "at_ms": event["at_ms"] + shift * 86_400_000}
    return {
        **event,
        **moved,
        "version": event["version"] + 1 + days,
        "value": value,
        "received_ms": event["received_ms"] + 9,
    }
