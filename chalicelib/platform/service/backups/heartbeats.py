"""The heartbeat of a step that reads or writes for minutes: it renews the lease and shows the progress."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import clock
from chalicelib.platform.service.job_runs import JobRun

INTERVAL = timedelta(seconds=5)
"""A small store's job writes no progress; a large one's lease is renewed long before it ends."""


class Heartbeat:
    """Stores the progress of a run every INTERVAL."""

    def __init__(self, run: JobRun) -> None:
        self._run, self._last = run, clock.now()

    @property
    def is_due(self) -> bool:
        return clock.now() - self._last >= INTERVAL

    def beat(self, share: float, **notes: object) -> None:
        """Store which share (0 to 1) of the step is done, and notes, if INTERVAL has passed. Raises LeaseLost."""
        if self.is_due:
            self.force(share, **notes)

    def force(self, share: float, **notes: object) -> None:
        """Store the share and the notes now. Raises LeaseLost."""
        if notes:
            self._run.save_share(share, cursor=self._run.notes | notes)
        else:
            self._run.save_share(share)
        self._last = clock.now()
