"""A pass over the ranges of all tables. Its position is stored in the job, so that little is repeated after a crash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.kit import clock
from chalicelib.platform.domain.move_ranges import MovePosition
from chalicelib.platform.domain.provisioning import MESSAGES, Step
from chalicelib.platform.service.job_runs import JobRun, Postponed
from chalicelib.platform.service.moves.ranges import ReconciledRange
from chalicelib.platform.service.moves.sides import MOVED_TABLES

RANGES_PER_NOTE = 10
"""The maximum number of ranges between two writes of the position."""
_NOTE_AFTER = timedelta(seconds=10)
"""The position is written at least this often, because that renews the lease."""


@dataclass
class Pass:
    """The position of a pass, under the name of its note. `before_note` runs before the position is written."""

    run: JobRun
    name: str
    before_note: Callable[[MovePosition], MovePosition] = lambda position: position

    def __post_init__(self) -> None:
        self.position = MovePosition.read(self.run.notes.get(self.name))
        self._noted_at: datetime = clock.now()
        self._unnoted = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Write the position when the worker's turn ends within the block. Raises Postponed."""
        try:
            yield
        except Postponed:
            self.write_position()
            raise

    def advance(self, done: ReconciledRange) -> None:
        """Count a range. Raises Postponed when the worker's turn is over, LeaseLost."""
        self.position = self.position.passed(done.through, done.rows, is_repaired=done.is_repaired)
        self._unnoted += 1
        if self._unnoted >= RANGES_PER_NOTE or clock.now() - self._noted_at >= _NOTE_AFTER:
            self.write_position()
        self.run.require_time()

    def write_position(self, **columns: object) -> None:
        """Write the position and the progress, with other columns of the job."""
        self.position = self.before_note(self.position)
        step = Step(self.run.job.step)
        table = MOVED_TABLES[min(self.position.table, len(MOVED_TABLES) - 1)].name
        message = f"{MESSAGES[step]}: {table}, {self.position.ranges} ranges done"
        cursor = self.run.notes | {self.name: self.position.to_note()}
        self.run.save_share(self.position.table / len(MOVED_TABLES), message, cursor=cursor, **columns)
        self._noted_at, self._unnoted = clock.now(), 0
