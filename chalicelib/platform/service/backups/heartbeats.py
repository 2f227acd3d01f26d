"""Heartbeats of a step that takes minutes: renew the lease and store the progress."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import clock
from chalicelib.platform.service.job_runs import JobRun

INTERVAL = timedelta(seconds=5)
"""A small store's job writes no progress; a large store's job renews its lease long before it expires."""


class Heartbeat:
    """Stores the progress of a run every INTERVAL."""

    def __init__(self, run: JobRun) -> None:
        self._run, self._last = run, clock.now()

    @property
    def is_due(self) -> bool:
        return clock.now() - self._last >= INTERVAL

    def beat(self, share: float, **notes: object) -> None:
        """Store the completed share (0 to 1) of the step and the notes, if INTERVAL has passed. Raises LeaseLost."""
        if self.is_due:
            self.force(share, **notes)

    def force(self, share: float, **notes: object) -> None:
        """Store the share and the notes now. Raises LeaseLost."""
        if notes:
            self._run.save_share(share, cursor=self._run.notes | notes)
        else:
            self._run.save_share(share)
        self._last = clock.now()
