"""Checkpoints of long commands: one run at a time holds the lock, and an interrupted run resumes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib.kit import locks
from chalicelib.kit.locks import Lease
from infra.ops.errors import CommandRefused

LEASE_SECONDS = 60
"""The longest time for a page. After a crash, the lock blocks other runs for this time."""


@dataclass
class Run:
    """A run that holds its lock.

    `about` holds its parameters, `step` and `after` its checkpoint, `counts` its results so far.
    """

    lease: Lease
    about: dict[str, str] = field(default_factory=dict)
    step: int = 0
    after: dict[str, Any] | None = None
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def is_in_progress(self) -> bool:
        """Whether it resumes an interrupted run."""
        return bool(self.step or self.after)

    def keep(self) -> None:
        """Store the checkpoint and extend the lock. Raises CommandRefused if the lock is lost."""
        place = {"about": self.about, "step": self.step, "after": self.after, "counts": self.counts}
        self.keep_lock(json.dumps(place))

    def keep_lock(self, watermark: str | None = None) -> None:
        """Extend the lock for another page. Raises CommandRefused if the lock is lost."""
        if not locks.extend(self.lease, LEASE_SECONDS, watermark):
            raise CommandRefused("this run was too slow and lost its lock to another run; start it again")

    def begin(self, **about: str) -> None:
        """Start over and discard the previous checkpoint."""
        self.about, self.step, self.after, self.counts = about, 0, None, Counter()

    def advance(self, last_key: dict[str, Any] | None) -> None:
        """Store that rows up to `last_key` are done (None: the whole step), and extend the lock."""
        self.after = last_key
        self.step += last_key is None
        self.keep()


@contextmanager
def one_at_a_time(name: str) -> Iterator[Run]:
    """Hold the lock `name` during the block. If the block raises, the next run resumes at its checkpoint.

    Raises CommandRefused while another run holds the lock.
    """
    lease = locks.acquire(name, LEASE_SECONDS)
    if lease is None:
        raise CommandRefused(
            f"another run is in progress, or crashed in the last {LEASE_SECONDS} seconds; try again later"
        )
    try:
        kept = json.loads(lease.watermark) if lease.watermark else {}
        yield Run(lease, **{**kept, "counts": Counter(kept.get("counts", {}))})
    except BaseException:
        locks.release(lease)
        raise
    locks.release(lease, watermark="")
