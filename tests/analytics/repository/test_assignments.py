from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.analytics.models import ExperimentAssignment
from chalicelib.analytics.repository import assignments
from chalicelib.kit import clock


def row(minutes: int, variant: str = "a", excluded: bool = False) -> ExperimentAssignment:
    at = clock.now().replace(microsecond=0, second=0) + timedelta(minutes=minutes)
    return ExperimentAssignment(
        "t", "s", variant=variant, is_excluded=excluded, assigned_at=at, expires_epoch=at + ExperimentAssignment.KEEP
    )


@pytest.mark.parametrize(
    ("stored", "new", "is_written"),
    [
        ((5, "a", False), (5, "a", False), False),
        ((5, "a", False), (3, "b", False), True),
        ((5, "a", False), (5, "a", True), True),
        ((5, "a", True), (3, "b", True), True),
        ((3, "b", False), (5, "a", False), False),
        ((5, "a", True), (5, "a", False), False),
        ((3, "b", False), (5, "a", True), False),
    ],
)
def test_row_moves_only_to_earlier_exposures_and_to_excluded(stored, new, is_written, stopped_clock):
    before, after = row(*stored), row(*new)
    assert assignments.put_changed([before]) == 1
    assert assignments.put_changed([after]) == is_written
    assignments._put(after)  # as a computation does that has read the row before the other wrote it
    kept = ExperimentAssignment.get("t", "s")
    expected = after if is_written else before
    assert (kept.variant, kept.is_excluded, kept.assigned_at) == (
        expected.variant,
        expected.is_excluded,
        expected.assigned_at,
    )
