"""Long work that may be stopped, or killed, and started again: one at a time, and it knows where it was."""

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
"""How long a page may take; a run that was killed keeps others off for that long."""


@dataclass
class Run:
    """A run under its lock. `about` is what it is for, `step` and `after` where it is, `counts` what it did so far."""

    lease: Lease
    about: dict[str, str] = field(default_factory=dict)
    step: int = 0
    after: dict[str, Any] | None = None
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def is_under_way(self) -> bool:
        """Whether it goes on from where another stopped."""
        return bool(self.step or self.after)

    def keep(self) -> None:
        """Note where it is, and keep the lock. Raises CommandRefused where it has lost it."""
        place = {"about": self.about, "step": self.step, "after": self.after, "counts": self.counts}
        self.keep_lock(json.dumps(place))

    def keep_lock(self, watermark: str | None = None) -> None:
        """Keep the lock for another page. Raises CommandRefused where it has lost it."""
        if not locks.extend(self.lease, LEASE_SECONDS, watermark):
            raise CommandRefused("this run stood still for too long, and another has taken over; start it again")

    def begin(self, **about: str) -> None:
        """Begin anew, whatever was under way."""
        self.about, self.step, self.after, self.counts = about, 0, None, Counter()

    def advance(self, last_key: dict[str, Any] | None) -> None:
        """Note that everything until `last_key` is done, or with None the whole step; and keep the lock."""
        self.after = last_key
        self.step += last_key is None
        self.keep()


@contextmanager
def one_at_a_time(name: str) -> Iterator[Run]:
    """Hold the lock `name`; a block that ends by itself is complete, one that raises is gone on with next time.

    Raises CommandRefused while another run holds it.
    """
    lease = locks.acquire(name, LEASE_SECONDS)
    if lease is None:
        raise CommandRefused(f"another run is at work, or was killed within {LEASE_SECONDS} seconds; try again then")
    try:
        kept = json.loads(lease.watermark) if lease.watermark else {}
        yield Run(lease, **{**kept, "counts": Counter(kept.get("counts", {}))})
    except BaseException:
        locks.release(lease)
        raise
    locks.release(lease, watermark="")
