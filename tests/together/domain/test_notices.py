"""Tests of the notices' rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.together.domain.notices import Notice, due_in, due_keys, is_shown
from chalicelib.together.enums import NotificationKind, RelationshipStatus

MOMENT = datetime(2031, 5, 3, 23, 59, tzinfo=UTC)


@given(st.text(max_size=40), st.integers(-14, 14))
def test_a_due_notice_is_found_under_a_key_of_its_hour_in_utc(notice_id: str, offset: int) -> None:
    moment = MOMENT.astimezone(timezone(timedelta(hours=offset)))
    assert due_in(moment, notice_id) in due_keys(MOMENT.replace(minute=0))
    assert due_in(moment + timedelta(minutes=1), notice_id) not in due_keys(MOMENT)


def test_the_notices_of_an_hour_spread_over_all_its_keys() -> None:
    assert {due_in(MOMENT, str(number)) for number in range(200)} == set(due_keys(MOMENT))


@pytest.mark.parametrize("cause", ["", "c" * 201])
def test_a_cause_that_is_no_part_of_a_key_is_refused(cause: str) -> None:
    with pytest.raises(ValueError, match="cause"):
        Notice("user", NotificationKind.SYSTEM, cause, "Title", "Body", MOMENT)


@pytest.mark.parametrize(
    ("relationship_id", "current", "status", "shown"),
    [
        (None, "now", RelationshipStatus.PAUSED, True),
        ("now", "now", RelationshipStatus.ACTIVE, True),
        ("now", "now", RelationshipStatus.INVITED, True),
        ("now", "now", RelationshipStatus.PAUSED, False),
        ("now", "now", RelationshipStatus.ENDED, False),
        ("before", "now", RelationshipStatus.ACTIVE, False),
        ("now", "now", None, False),
    ],
)
def test_the_notice_of_a_relationship_is_shown_only_while_it_is_active(
    relationship_id: str | None, current: str, status: RelationshipStatus | None, shown: bool
) -> None:
    assert is_shown(relationship_id, current, status) is shown
