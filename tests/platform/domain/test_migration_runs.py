"""The steps of a fleet migration."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.migration_runs import CANARY_SIZE, NextStep, RunCounts, first_status, next_step
from chalicelib.platform.enums import DatabaseStatus, StoreMigrationStatus


@pytest.mark.parametrize(
    ("counts", "step"),
    [
        (RunCounts(10, 0, 0, 0, True, False), NextStep.WAIT),
        (RunCounts(10, 4, 0, 0, True, True), NextStep.WAIT),
        (RunCounts(10, 5, 0, 0, True, True), NextStep.START_OTHERS),
        (RunCounts(10, 6, 0, 0, True, True), NextStep.WAIT),
        (RunCounts(10, 2, 1, 0, True, True), NextStep.STOP),
        (RunCounts(10, 5, 1, 0, True, True), NextStep.WAIT),
        (RunCounts(10, 9, 1, 0, True, True), NextStep.COMPLETE),
        (RunCounts(10, 0, 1, 0, False, True), NextStep.WAIT),
        (RunCounts(3, 0, 0, 3, True, True), NextStep.COMPLETE),
        (RunCounts(0, 0, 0, 0, True, True), NextStep.COMPLETE),
    ],
)
def test_the_next_step_follows_from_the_counts(counts: RunCounts, step: NextStep) -> None:
    assert next_step(counts) is step


@given(st.lists(st.sampled_from(["done", "skipped"]), max_size=30), st.integers(0, 10), st.booleans())
def test_every_run_without_a_failure_starts_all_stores_and_completes(
    results: list[str], skipped: int, is_canary: bool
) -> None:
    """Stores end in any order; a worker that skips one has the canary filled up, as its service does."""
    total, done = len(results) + skipped, 0
    started = min(CANARY_SIZE, len(results)) if is_canary else len(results)
    for ended in range(len(results) + 1):
        counts = RunCounts(total, done, 0, skipped, is_canary, True)
        if next_step(counts) is NextStep.START_OTHERS:
            started = len(results)
        assert (next_step(counts) is NextStep.COMPLETE) is (ended == len(results))
        if ended < len(results):
            assert started > ended
            done, skipped = (done + 1, skipped) if results[ended] == "done" else (done, skipped + 1)
            if results[ended] == "skipped" and started < len(results):
                started = min(started + 1, len(results))


@pytest.mark.parametrize("status", [*DatabaseStatus, None])
def test_only_stores_with_tables_of_another_revision_are_migrated(status: DatabaseStatus | None) -> None:
    migrated = status in (DatabaseStatus.ACTIVE, DatabaseStatus.MOVING)
    pending = StoreMigrationStatus.PENDING if migrated else StoreMigrationStatus.SKIPPED
    assert first_status(status, "0001", "0002") is pending
    assert first_status(status, "0002", "0002") is StoreMigrationStatus.SKIPPED
