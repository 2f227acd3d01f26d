"""Rules of CSV transfers: limits, where an import stands, and what a rejected row says. Pure."""

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
"""Rejected rows after which an import ends."""
BATCH_ROWS = 500
BATCH_BYTES = 2 * 1024 * 1024
"""Bytes of the file after which a batch ends before it has BATCH_ROWS, so that a worker's memory stays flat."""
LEASE = timedelta(seconds=240)
SAVED_BATCHES = 10
SAVED_AFTER = timedelta(seconds=2)
"""A worker stores its progress, renews its lease and learns of a cancellation after some batches or seconds."""
TURN = timedelta(seconds=60)
"""Time after which an import is queued again, behind those of other stores."""
OUTAGE_DELAY = timedelta(seconds=30)
STORE_DELAY = timedelta(minutes=2)
"""Time after which an import that waits for its store looks again."""
MAX_WAIT = timedelta(days=1)
"""Time after which a transfer that waits for its store fails."""
EXPORT_TURN = timedelta(seconds=800)
"""Time in which an export must end: it is one file that is written without a pause."""
EXPORT_PAGE = 250
"""Rows that an export reads at once."""
REPORT_FAILURES = 100
"""Rejected rows that wait at most until they are written to the report."""
ROW_FAILURES = 5
"""Errors of one row that a report names."""
MAX_ATTEMPTS = 6
"""Leases without progress after which a transfer fails."""
MAX_MESSAGE = 300
"""Characters of the reason in a report."""


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
    """Where an import stands: all rows before `position` are stored or rejected.

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
        """Rows that are stored as the file has them, with those that were so before."""
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
    """What a batch did: rows created and changed, and the rejected ones."""

    created: int
    updated: int
    failures: Sequence[RowFailure]


def cursor_of_json(document: Mapping[str, Any]) -> ImportCursor:
    """Return the cursor that `as_json` wrote; the start of the file for none."""
    names = ("read", "created", "updated", "failed")
    position = FilePosition(document.get("offset", 0), document.get("line", 1))
    return ImportCursor(position, *(document.get(name, 0) for name in names))


def scopes_of(kind: TransferKind, table: str) -> frozenset[KeyScope]:
    """Return the scopes that may transfer a table: an import needs what a write needs, an export what a read needs."""
    return frozenset([KeyScope.WRITE]) if kind is TransferKind.IMPORT else readers_of(table)


def progress_of(offset: int, size: int) -> int:
    """Return the percent of a file that is read; 100 only once the transfer has ended."""
    return min(99, offset * 100 // max(1, size))
