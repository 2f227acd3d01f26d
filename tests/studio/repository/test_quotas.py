"""The quota's row holds the images of each day in a short form."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.studio.repository import quotas
from tests.studio.domain.test_quota import STATE

TODAY = date(2026, 3, 11)
DAYS = st.dictionaries(st.integers(0, 29), st.integers(1, 100_000))


@given(DAYS)
def test_what_is_written_is_read_back(counts: dict[int, int]) -> None:
    daily = {TODAY - timedelta(days=ago): count for ago, count in counts.items()}
    assert quotas._daily(quotas._daily_json(replace(STATE, daily=daily))) == daily


def test_thirty_busy_days_are_short() -> None:
    daily = {TODAY - timedelta(days=ago): 99_999 for ago in range(30)}
    assert len(str(quotas._daily_json(replace(STATE, daily=daily)))) < 256
