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
        (RunCounts(10, 0, 0, 0, True, False, False), NextStep.WAIT),
        (RunCounts(10, 4, 0, 0, True, True, False), NextStep.WAIT),
        (RunCounts(10, 5, 0, 0, True, True, False), NextStep.START_OTHERS),
        (RunCounts(10, 6, 0, 0, True, True, False), NextStep.START_OTHERS),
        (RunCounts(10, 6, 0, 0, True, True, True), NextStep.WAIT),
        (RunCounts(10, 2, 1, 0, True, True, False), NextStep.STOP),
        (RunCounts(10, 5, 1, 0, True, True, False), NextStep.STOP),
        (RunCounts(10, 5, 1, 0, True, True, True), NextStep.WAIT),
        (RunCounts(10, 9, 1, 0, True, True, True), NextStep.COMPLETE),
        (RunCounts(10, 0, 1, 0, False, True, False), NextStep.WAIT),
        (RunCounts(3, 0, 0, 3, True, True, False), NextStep.COMPLETE),
        (RunCounts(0, 0, 0, 0, True, True, False), NextStep.COMPLETE),
    ],
)
def test_the_next_step_follows_from_the_counts(counts: RunCounts, step: NextStep) -> None:
    assert next_step(counts) is step


@given(st.data(), st.lists(st.sampled_from(["done", "skipped"]), max_size=30), st.integers(0, 10), st.booleans())
def test_every_run_without_a_failure_starts_all_stores_and_completes(
    data: st.DataObject, results: list[str], skipped: int, is_canary: bool
) -> None:
    """Stores end in any order, several at once; a worker that skips one has the canary filled up, as its service does."""
    total, done, ended = len(results) + skipped, 0, 0
    started, has_started_others = min(CANARY_SIZE, len(results)) if is_canary else len(results), False
    while True:
        step = next_step(RunCounts(total, done, 0, skipped, is_canary, True, has_started_others))
        assert (step is NextStep.COMPLETE) is (ended == len(results))
        if step is NextStep.COMPLETE:
            return
        if step is NextStep.START_OTHERS:
            started, has_started_others = len(results), True
        assert started > ended
        ending = results[ended : ended + data.draw(st.integers(1, started - ended))]
        ended += len(ending)
        done += ending.count("done")
        skipped += ending.count("skipped")
        started = min(len(results), started + CANARY_SIZE * ending.count("skipped"))


@pytest.mark.parametrize("status", [*DatabaseStatus, None])
def test_only_stores_with_tables_of_another_revision_are_migrated(status: DatabaseStatus | None) -> None:
    migrated = status in (DatabaseStatus.ACTIVE, DatabaseStatus.MOVING)
    pending = StoreMigrationStatus.PENDING if migrated else StoreMigrationStatus.SKIPPED
    assert first_status(status, "0001", "0002") is pending
    assert first_status(status, "0002", "0002") is StoreMigrationStatus.SKIPPED
