"""The variant of each exposed subject. Exposures are only ever added, so a row only moves to earlier, or to excluded."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.analytics.models import ExperimentAssignment
from chalicelib.kit.tables import get_many, put_if, rows_differ


def put_changed(rows: Sequence[ExperimentAssignment]) -> int:
    """Write the rows (at most 100) that differ from the stored ones; return their number.

    A computation that read fewer exposures never overwrites one that read more.
    """
    keys = ((ExperimentAssignment, (row.test_id, row.subject)) for row in rows)
    stored = get_many(keys, consistent=True)
    changed = [row for row, before in zip(rows, stored, strict=True) if before is None or _is_newer(row, before)]
    for row in changed:
        _put(row)
    return len(changed)


def _is_newer(row: ExperimentAssignment, before: ExperimentAssignment) -> bool:
    is_known = before.assigned_at < row.assigned_at or (before.is_excluded and not row.is_excluded)
    return rows_differ(row, before) and not is_known


def _put(row: ExperimentAssignment) -> None:
    may_exclude = ExperimentAssignment.is_excluded == False  # noqa: E712 - a condition, not a comparison
    is_later = ExperimentAssignment.assigned_at >= row.assigned_at
    if not row.is_excluded:
        is_later &= may_exclude
    put_if(row, ExperimentAssignment.test_id.does_not_exist() | is_later)
