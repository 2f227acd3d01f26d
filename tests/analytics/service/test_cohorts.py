"""Cohorts: the users of a week of sign-up and channel, their activity and revenue in the weeks since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.analytics.errors import SiteNotFound
from chalicelib.analytics.models import UserCohort
from chalicelib.analytics.schemas.cohorts import CohortQuery, CohortRead
from chalicelib.analytics.service import cohort_weeks, cohorts
from chalicelib.kit import clock
from chalicelib.kit.errors import InvalidInput
from tests.analytics.conftest import NewSite
from tests.analytics.event_factories import TENANT, LakeEvent, WeekClock, lake_event, local, store

DAY = date(2026, 3, 28)
RANGE = CohortQuery.model_validate({"from": "2026-03-02", "to": "2026-03-29"})


def _act(at: str, number: int, user: str | None, name: str = "sign_up", **columns: Any) -> LakeEvent:
    columns = {"type": "conversion", "visitor": None, "session_id": f"s{user}", **columns}
    return lake_event(at, number, name=name, user_id=user, **columns)


def _payment(at: str, number: int, user: str, name: str, value: str, currency: str = "USD") -> LakeEvent:
    paid = {"type": "payment", "value": Decimal(value), "currency": currency, "session_id": None}
    return _act(at, number, user, name, **paid)


@pytest.fixture
def computed(new_site: NewSite, week_clock: WeekClock, compute_due_days: Callable[[], int]) -> list[CohortRead]:
    """The cohorts of a week with three users, two of them from a search engine, and of a week with one."""
    new_site(TENANT, time_zone="Europe/Berlin")
    google = {"type": "page_view", "referrer": "https://www.google.com/"}
    store(
        [
            _act("2026-03-03 08:00", 1, "u1", "page_view", type="page_view"),
            _act("2026-03-03 10:00", 2, "u1", "page_view", **google),
            _act("2026-03-03 10:05", 3, "u1"),
            _act("2026-03-08 23:59", 4, "u2", "page_view", **google),
            _act("2026-03-04 10:00", 5, "u3", "exported", type="feature_usage"),
            _act("2026-03-09 00:00", 6, "u4"),
            _act("2026-03-10 10:00", 7, "u1", "exported", type="feature_usage"),
            _act("2026-03-11 10:00", 8, "u1", "exported", type="feature_usage"),
            _act("2026-03-16 10:00", 9, "u2", "exported", type="feature_usage"),
            _payment("2026-03-10 10:00", 10, "u1", "payment_succeeded", "30"),
            _payment("2026-03-17 10:00", 11, "u1", "payment_refunded", "10"),
            _payment("2026-03-17 10:00", 12, "u2", "payment_succeeded", "99", "EUR"),
            _payment("2026-03-17 10:00", 13, "u2", "payment_failed", "99"),
        ]
    )
    compute_due_days()
    week_clock.moment = max(clock.now(), local("2026-03-29 12:00"))
    cohort_weeks.compute_cohorts(TENANT, DAY)
    return cohorts.list_cohorts(TENANT, RANGE).cohorts


def test_cohorts_count_activity_and_revenue_by_week_since_the_sign_up(computed: list[CohortRead]) -> None:
    sizes = [(row.cohort_date, row.acquisition_channel, row.cohort_size) for row in computed]
    monday = date(2026, 3, 2)
    assert sizes == [(monday, "direct", 1), (monday, "search", 2), (date(2026, 3, 9), "direct", 1)]
    _, search, _ = computed
    assert [period.period for period in search.periods] == [0, 1, 2, 3]
    assert [period.active_users for period in search.periods] == [2, 1, 2, 0]
    assert [period.retention_rate for period in search.periods] == [1, Decimal("0.5"), 1, 0]
    assert [period.lifetime_value for period in search.periods] == [0, 15, 10, 10]
    assert [period.is_complete for period in search.periods] == [True, True, True, False]
    with pytest.raises(InvalidInput):
        cohorts.list_cohorts(TENANT, CohortQuery.model_validate({"from": "2025-03-01", "to": "2026-03-29"}))
    with pytest.raises(SiteNotFound):
        cohorts.list_cohorts("store:9", CohortQuery())


def test_only_a_change_writes_rows_and_moves_a_user_to_another_cohort(
    computed: list[CohortRead], compute_due_days: Callable[[], int]
) -> None:
    before = [row.computed_at for row in UserCohort.by_tenant.query(TENANT)]
    cohort_weeks.compute_cohorts(TENANT, DAY)
    assert [row.computed_at for row in UserCohort.by_tenant.query(TENANT)] == before
    store([_act("2026-03-05 10:00", 20, "u4")])
    compute_due_days()
    cohort_weeks.compute_cohorts(TENANT, DAY)
    rows = cohorts.list_cohorts(TENANT, RANGE).cohorts
    assert [(row.cohort_date.day, row.cohort_size) for row in rows] == [(2, 2), (2, 2)]
