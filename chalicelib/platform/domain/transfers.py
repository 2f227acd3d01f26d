"""Rules of CSV transfers: limits, the position of an import, and rejected rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from chalicelib.platform.domain.csv_records import FilePosition
from chalicelib.platform.domain.store_admission import readers_of
from chalicelib.platform.enums import KeyScope, TransferKind

START = FilePosition()
MAX_BYTES = 100 * 1024 * 1024
"""Bytes of an imported file."""
MAX_ROWS = 1_000_000
MAX_FAILURES = 10_000
"""The maximum number of rejected rows; an import with more fails."""
BATCH_ROWS = 500
BATCH_BYTES = 2 * 1024 * 1024
"""The maximum size of a batch, in bytes of the file. It bounds the worker's memory."""
LEASE = timedelta(seconds=240)
SAVED_BATCHES = 10
SAVED_AFTER = timedelta(seconds=2)
"""After so many batches or seconds, a worker stores its progress, renews its lease and checks for a cancellation."""
TURN = timedelta(seconds=60)
"""A worker runs an import for this long, then queues it again behind those of other stores."""
OUTAGE_DELAY = timedelta(seconds=30)
STORE_DELAY = timedelta(minutes=2)
"""The delay until an import that waits for its store is retried."""
MAX_WAIT = timedelta(days=1)
"""A transfer that waits for its store for this long fails."""
MAX_UNFINISHED = 3
"""The number of a store's unfinished transfers above which no other is queued, so that other stores get a worker."""
START_WITHIN = timedelta(days=1)
"""The maximum age of an import when it starts: its file and report must not outlive its row by more than a day."""
EXPORT_TURN = timedelta(seconds=800)
"""The maximum duration of an export, which one worker writes without interruption."""
EXPORT_PAGE = 250
"""The number of rows in a page of an export."""
REPORT_FAILURES = 100
"""The maximum number of rejected rows that are not yet in the report."""
ROW_FAILURES = 5
"""The maximum number of errors of one row in a report."""
MAX_ATTEMPTS = 6
"""The maximum number of leases without progress; then the transfer fails."""


@dataclass(frozen=True, slots=True)
class RowFailure:
    """A rejected row of a file: its first line, the column (empty: the whole row) and the reason."""

    line: int
    column: str
    reason: str

    def as_json(self) -> list[Any]:
        """Return the failure as JSON."""
        return [self.line, self.column, self.reason]


@dataclass(frozen=True, slots=True)
class ImportCursor:
    """The position of an import: all rows before `position` are stored or rejected.

    `unreported` are the last rejected rows, which may not be in the report yet.
    """

    position: FilePosition = START
    rows_read: int = 0
    rows_created: int = 0
    rows_updated: int = 0
    rows_failed: int = 0
    unreported: tuple[RowFailure, ...] = ()

    @property
    def rows_written(self) -> int:
        """The number of rows whose stored values equal the file's, including rows that already did."""
        return self.rows_read - self.rows_failed

    def after_batch(self, end: FilePosition, rows_read: int, result: BatchResult) -> ImportCursor:
        """Return the cursor after a batch of `rows_read` rows, which ends at `end`."""
        failures = tuple(sorted(result.failures, key=lambda failure: failure.line))
        return ImportCursor(
            end,
            self.rows_read + rows_read,
            self.rows_created + result.created,
            self.rows_updated + result.updated,
            self.rows_failed + len({failure.line for failure in failures}),
            (*self.unreported, *failures),
        )

    def reported(self) -> ImportCursor:
        """Return the cursor once its rejected rows are in the report."""
        return replace(self, unreported=())

    def as_json(self) -> dict[str, Any]:
        """Return the cursor as JSON, without the rejected rows."""
        return {
            "offset": self.position.offset,
            "line": self.position.line,
            "read": self.rows_read,
            "created": self.rows_created,
            "updated": self.rows_updated,
            "failed": self.rows_failed,
        }


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The result of a batch: counts of created and changed rows, and the rejected rows."""

    created: int
    updated: int
    failures: Sequence[RowFailure]


def cursor_of_json(document: Mapping[str, Any]) -> ImportCursor:
    """Parse the JSON of `as_json`; an empty document gives the start of the file."""
    names = ("read", "created", "updated", "failed")
    position = FilePosition(document.get("offset", 0), document.get("line", 1))
    return ImportCursor(position, *(document.get(name, 0) for name in names))


def scopes_of(kind: TransferKind, table: str) -> frozenset[KeyScope]:
    """Return the scopes that may transfer a table: an import needs what a write needs, an export what a read needs."""
    return frozenset([KeyScope.WRITE]) if kind is TransferKind.IMPORT else readers_of(table)


def progress_of(offset: int, size: int) -> int:
    """Return the percentage of the file that was read, below 100: only a completed transfer has 100."""
    return min(99, offset * 100 // max(1, size))
