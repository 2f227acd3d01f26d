"""Rules of a fleet migration: which stores it migrates, when the canary ends, and when the run ends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.platform.enums import DatabaseStatus, StoreMigrationStatus

CANARY_SIZE = 5
LISTED_STATUSES = tuple(DatabaseStatus)
"""The order in which a run lists stores. Stores that were never provisioned have no status and are not listed."""
_MIGRATED = frozenset({DatabaseStatus.ACTIVE, DatabaseStatus.MOVING})


@dataclass(frozen=True, slots=True)
class RunCounts:
    """How far a run is: its stores by result, and whether all are listed."""

    total: int
    done: int
    failed: int
    skipped: int
    is_canary: bool
    is_listed: bool
    has_started_others: bool

    @property
    def is_in_canary(self) -> bool:
        """Whether the stores after the canary are not started yet."""
        return self.is_canary and not self.has_started_others


class NextStep(StrEnum):
    """What a run does after one of its stores."""

    WAIT = "wait"
    START_OTHERS = "start_others"
    STOP = "stop"
    COMPLETE = "complete"


def has_tables(database_status: DatabaseStatus | None) -> bool:
    """Return whether a store's tables are complete and may be changed."""
    return database_status in _MIGRATED


def first_status(
    database_status: DatabaseStatus | None, schema_revision: str | None, revision: str
) -> StoreMigrationStatus:
    """Return the status with which a store is listed."""
    if not has_tables(database_status) or schema_revision == revision:
        return StoreMigrationStatus.SKIPPED
    return StoreMigrationStatus.PENDING


def next_step(counts: RunCounts) -> NextStep:
    """Return what the run does now. In the canary the first failure stops it.

    The counts may pass the canary's size at once: workers end together, and a skipped store has others take its place.
    """
    if not counts.is_listed:
        return NextStep.WAIT
    if counts.failed and counts.is_in_canary:
        return NextStep.STOP
    if counts.done + counts.failed + counts.skipped >= counts.total:
        return NextStep.COMPLETE
    return NextStep.START_OTHERS if counts.is_in_canary and counts.done >= CANARY_SIZE else NextStep.WAIT
