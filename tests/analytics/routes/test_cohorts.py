from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import httpx2
import pytest

from chalicelib.analytics.service import cohort_weeks
from chalicelib.kit import auth
from chalicelib.kit.auth import Role
from tests.analytics.event_factories import TENANT, lake_event, store

PATH = f"/v1/analytics/sites/{TENANT}/cohorts"
MARCH = {"from": "2026-03-02", "to": "2026-03-29"}


@pytest.fixture
def cohorts(new_site, compute_due_days: Callable[[], int]) -> None:
    """Two users of a week; one of them comes back a week later."""
    new_site(TENANT, time_zone="Europe/Berlin", readers=["store:mine"])
    acts = [("2026-03-10 10:00", "u1"), ("2026-03-11 10:00", "u2"), ("2026-03-18 10:00", "u1")]
    store([lake_event(at, type="conversion", name="sign_up", user_id=user, visitor=None) for at, user in acts])
    compute_due_days()
    cohort_weeks.compute_cohorts(TENANT, date(2026, 3, 28))


def test_cohorts_of_a_range_have_their_weeks(operator: httpx2.Client, cohorts: None) -> None:
    [cohort] = operator.get(PATH, params=MARCH).json()["cohorts"]
    assert (cohort["cohort_date"], cohort["acquisition_channel"], cohort["cohort_size"]) == ("2026-03-09", "direct", 2)
    assert [(week["period"], week["active_users"], week["retention_rate"]) for week in cohort["periods"][:2]] == [
        (0, 2, "1"),
        (1, 1, "0.5"),
    ]
    assert operator.get(PATH, params={"from": "2026-02-02", "to": "2026-03-08"}).json()["cohorts"] == []
    invalid = [{"from": "2025-03-01", "to": "2026-03-29"}, {"from": "2026-03-29", "to": "2026-03-02"}, {"from": "x"}]
    assert {operator.get(PATH, params=params).status_code for params in invalid} == {422}


def test_only_readers_of_the_site_see_its_cohorts(api: httpx2.Client, cohorts: None) -> None:
    assert api.get(PATH).status_code == 401
    for account, status in (("mine", 200), ("other", 404)):
        api.headers["Authorization"] = f"Bearer {auth.mint(Role.STORE_OWNER, account, timedelta(days=400))}"
        assert api.get(PATH, params=MARCH).status_code == status
