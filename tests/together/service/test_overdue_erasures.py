"""Tests of the check for accounts whose erasure is due and has not begun."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.together.service.overdue_erasures import check_erasures
from tests.together.mailing import NOON
from tests.together.members import new_member


@pytest.mark.parametrize(("days", "count"), [(-1, 0), (0, 0), (1, 0), (2, 1), (8, 1)])
def test_an_erasure_is_overdue_two_days_after_its_date(days: int, count: int, caplog: pytest.LogCaptureFixture) -> None:
    user = new_member(closing_on=(NOON.date() - timedelta(days=days)).isoformat(), closing_at=NOON)
    assert check_erasures(NOON) == count
    assert ("accounts not erased: due for two days" in caplog.messages) == bool(count)
    assert user.id not in caplog.text
