"""Rows at the new place that a legacy database has no longer: its keys have another order, so that ranges miss them."""

from __future__ import annotations

from chalicelib.integrations.sql import engines
from chalicelib.platform.domain.move_ranges import RANGE_ROWS, MovePosition
from chalicelib.platform.repository import store_ranges
from chalicelib.platform.service.job_runs import JobRun
from chalicelib.platform.service.moves.legacy import LegacySides
from chalicelib.platform.service.moves.sides import MOVED_TABLES, MoveSides


def has_surplus_rows(sides: MoveSides | LegacySides, position: MovePosition) -> bool:
    """Return whether a table of the new place has not as many rows as the round, which has ended, found in the source.

    Between two databases of Backroom the ranges cover all keys of both.
    """
    if isinstance(sides, MoveSides):
        return False
    counts = zip(MOVED_TABLES, position.rows, strict=True)
    return any(store_ranges.count_values(sides.target_of(table)) != count for table, count in counts)


def remove_all_rows(run: JobRun, sides: MoveSides | LegacySides) -> None:
    """Delete the rows of all tables at the new place, in the opposite order of their copy. Raises Postponed, LeaseLost."""
    for table in reversed(MOVED_TABLES):
        target = sides.target_of(table)
        while rows := store_ranges.read_range(target, None, RANGE_ROWS):
            with engines.translated(), target.connection.begin():
                store_ranges.delete_keys(target, [target.key_of(row) for row in rows])
                run.require_lease()
            run.require_time()
