"""The copy of a store's rows to the new place, while the store works."""

from __future__ import annotations

from chalicelib.platform.service.job_runs import JobRun
from chalicelib.platform.service.moves.passes import Pass
from chalicelib.platform.service.moves.sides import MOVED_TABLES
from chalicelib.platform.service.moves.sources import open_sides

COPIED = "copied"
"""The name of a note: the position of the copy."""


def copy_rows(run: JobRun) -> None:
    """Copy all rows range by range, the tables in the order of their creation.

    Later changes are found by the comparison. Raises Postponed, LeaseLost, RowNotPortable, and the problems of servers
    that cannot be used.
    """
    work = Pass(run, COPIED)
    if work.position.table == len(MOVED_TABLES):
        return
    sides = open_sides(run)
    with work.turn():
        while work.position.table < len(MOVED_TABLES):
            table = MOVED_TABLES[work.position.table]
            done = sides.reconcile(run, table, work.position.after)
            work.advance(done)
    work.write_position()
