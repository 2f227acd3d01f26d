"""A few days of events, sent twice, late, out of order and in several versions, while computations crash.

At the end every number in the tables equals a plain recount of the distinct events.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from chalicelib.analytics.enums import SiteKind
from chalicelib.analytics.models import (
    DailyTraffic,
    EngagementScore,
    EventCount,
    FeatureUsage,
    PageView,
    PartnerDay,
    Site,
    UserSession,
)
from chalicelib.analytics.repository import event_days
from chalicelib.analytics.service import computation
from chalicelib.kit import clock
from infra.local.engine import Engine
from tests.analytics.crashes import Killed, before_write, kill
from tests.analytics.event_factories import TENANT, LakeEvent, WeekClock, store
from tests.analytics.event_strategies import CHANGES, lake_events
from tests.analytics.recount import Recount, recount
from tests.examples import examples

COUNTED = {"page_view": "plan"}
TRAFFIC = (
    "visitors",
    "visits",
    "page_views",
    "events",
    "bounces",
    "bounce_rate",
    "duration_seconds",
    "active_users",
    "new_users",
    "bots",
)


class Week(RuleBasedStateMachine):
    """Events of the days around a change of the clocks; `sent` are all deliveries, repeated ones too."""

    def __init__(self, week_clock: WeekClock, compute_due_days: Callable[[], int]) -> None:
        super().__init__()
        self.clock, self.compute_due_days = week_clock, compute_due_days
        self.sent: list[LakeEvent] = []

    @initialize(middle=st.sampled_from(CHANGES))
    def begin(self, middle: date) -> None:
        self.middle = middle
        self.clock.moment = datetime.combine(middle + timedelta(days=3), time(), UTC)
        now = clock.now()
        site = Site(TENANT, kind=SiteKind.SHOP, name="Demo", key="k", secret_hash="h", created_at=now, updated_at=now)
        site.counted = COUNTED
        site.save()

    @rule(data=st.data())
    def send(self, data: st.DataObject) -> None:
        events = data.draw(st.lists(lake_events(self.middle), min_size=1, max_size=12))
        for event in events:
            event["id"] = str(uuid.UUID(int=len(self.sent)))
            self.sent.append(event)
        store(events)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        store(data.draw(st.lists(st.sampled_from(self.sent), min_size=1, max_size=8)))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def send_new_version(self, data: st.DataObject) -> None:
        event = data.draw(st.sampled_from(self.sent))
        changed = {**event, "version": event["version"] + 1, "path": "/new", "received_ms": len(self.sent)}
        self.sent.append(changed)
        store([changed])

    @rule()
    def compute(self) -> None:
        self.compute_due_days()

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), number=st.integers(0, 30))
    def crash(self, data: st.DataObject, number: int) -> None:
        day = data.draw(st.sampled_from(sorted({event["day"] for event in self.sent})))
        with before_write(number, kill), suppress(Killed):
            computation.compute_day(TENANT, day)

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), number=st.integers(1, 20))
    def stall(self, data: st.DataObject, number: int) -> None:
        day = data.draw(st.sampled_from(sorted({event["day"] for event in self.sent})))

        def run_next() -> None:
            self.clock.move(minutes=16)
            computation.compute_day(TENANT, day)

        with before_write(number, run_next):
            computation.compute_day(TENANT, day)

    def teardown(self) -> None:
        if not self.sent:
            return
        self.clock.move(minutes=16)
        self.compute_due_days()
        assert list(event_days.iterate_due(clock.now() + timedelta(days=400))) == []
        expected = recount(self.sent, COUNTED)
        assert _stored(set(expected.traffic)) == expected


def _stored(days: set[date]) -> Recount:
    """Return the numbers in the tables, in the form of the recount."""
    result = Recount()
    for day in days:
        result.counts[day], result.features[day], result.scores[day], result.partners[day] = {}, {}, {}, {}
        result.visits[day], result.views[day] = set(), set()
    for row in DailyTraffic.query(TENANT):
        result.traffic[row.date] = {name: getattr(row, name) for name in TRAFFIC}
    for count in EventCount.scan():
        result.counts[count.day][count.event, count.value] = (count.event_count, count.visitors)
    for usage in FeatureUsage.scan():
        result.features[usage.date][usage.feature] = _values(
            usage, "active_users new_users usage_count time_spent_seconds starts completions rating_sum rating_count"
        )
    for score in EngagementScore.scan():
        result.scores[score.date][score.user_id] = _values(
            score,
            "checkin_count activity_count message_count feature_usage_count session_duration_seconds score",
        )
    for partner in PartnerDay.scan():
        result.partners[partner.date][partner.partner_id] = _values(
            partner,
            "bookings repeat_bookings cancellations revenue commission currency rating_sum rating_count",
        )
    for visit in UserSession.scan():
        day = date.fromisoformat(visit.session_id[:8])
        result.visits[day].add(
            _values(visit, "session_id user_id event_count page_count duration_seconds is_bounce entry_page exit_page")
        )
    for view in PageView.scan():
        visit_id = view.session_id or None
        result.views[view.day].add((view.id, visit_id, view.user_id, view.duration_seconds, view.is_bounce))
    return result


def _values(row: Any, names: str) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in names.split())


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_numbers_of_a_simulated_week_equal_a_recount(
    engine: Engine, week_clock: WeekClock, compute_due_days: Callable[[], int]
) -> None:
    class Machine(Week):
        def __init__(self) -> None:
            engine.restore()
            super().__init__(week_clock, compute_due_days)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples(2),
            stateful_step_count=6,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
