"""The limits per visitor: defaults, stored limits, and the text of the time to wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.attempt_windows import Window, count_attempt, full_until
from chalicelib.studio.domain.visitor_limits import (
    LENGTHS,
    MOST,
    LimitWindow,
    VisitorAction,
    VisitorGroup,
    limits_json,
    limits_of,
    waiting_time,
)
from chalicelib.studio.schemas.visitor_limits import VisitorLimitsPut

NUMBERS = st.integers(1, MOST)
LIMITS = st.dictionaries(
    st.sampled_from([each.value for each in VisitorGroup]),
    st.dictionaries(
        st.sampled_from([each.value for each in VisitorAction]),
        st.dictionaries(st.sampled_from([each.value for each in LimitWindow]), NUMBERS),
    ),
)
DAYS_OF_A_MONTH = 31


@given(st.none() | LIMITS, st.integers(0, 1_000_000))
def test_stored_limits_override_the_defaults(stored: dict[str, Any] | None, monthly_limit: int) -> None:
    limits, defaults = limits_json(stored, monthly_limit), limits_json(None, monthly_limit)
    for group in VisitorGroup:
        for limit in limits_of(stored, monthly_limit, VisitorAction.PREVIEWS, [group]):
            expected = (stored or {}).get(group, {}).get(limit.action, {}).get(limit.window)
            assert limit.count == limits[group][limit.action][limit.window]
            assert limit.count == (expected or defaults[group][limit.action][limit.window])


@given(st.integers(0, 1_000_000))
def test_the_defaults_can_be_saved(monthly_limit: int) -> None:
    limits = limits_json(None, monthly_limit)
    assert VisitorLimitsPut.model_validate(limits).model_dump() == limits


@pytest.mark.parametrize("group", [VisitorGroup.CUSTOMER, VisitorGroup.GUEST_ADDRESS])
@given(pauses=st.lists(st.integers(0, 3600), max_size=100))
def test_one_visitor_cannot_use_up_a_month(group: VisitorGroup, pauses: list[int]) -> None:
    """The visitor requests previews at any times. A month can overlap one window more than its days."""
    limits = limits_of(None, 500, VisitorAction.PREVIEWS, [group])
    by_day = next(limit.count for limit in limits if limit.window is LimitWindow.DAY)
    assert by_day * (DAYS_OF_A_MONTH + 1) < 500
    windows: dict[LimitWindow, Window | None] = dict.fromkeys(LimitWindow)
    now, allowed = datetime(2026, 1, 1, tzinfo=UTC), 0
    for pause in pauses:
        now += timedelta(seconds=pause)
        if all(full_until(windows[limit.window], limit.count, now) is None for limit in limits):
            windows = {
                limit.window: count_attempt(windows[limit.window], LENGTHS[limit.window], now) for limit in limits
            }
            allowed += 1
    days = sum(pauses) // 86_400 + 1
    assert allowed <= by_day * (days + 1)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 minute"),
        (60, "1 minute"),
        (61, "2 minutes"),
        (5400, "90 minutes"),
        (5401, "2 hours"),
        (86_400, "24 hours"),
    ],
)
def test_the_time_to_wait_is_rounded_up(seconds: int, words: str) -> None:
    assert waiting_time(timedelta(seconds=seconds)) == words
