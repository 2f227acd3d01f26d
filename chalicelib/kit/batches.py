"""Work on many items in one run, each independent of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from chalicelib.kit import logs
from chalicelib.kit.metrics import STEPS_FAILED

T = TypeVar("T")

log = logs.logger("batches")


class Batch:
    """Calls a step for each item of a schedule's run; an item whose step fails ends no other's.

    A failure is logged and counted in the metric `StepsFailed`, by schedule; `finish` writes the metric, zero too.
    """

    def __init__(self, schedule: str) -> None:
        self.schedule, self.completed, self.failed = schedule, 0, 0
        self._deferred: set[str] = set()
        self._undeferred: Exception | None = None

    def run(
        self,
        items: Iterable[T],
        step: Callable[[T], object],
        label: Callable[[T], str] = str,
        defer: Callable[[T], object] | None = None,
    ) -> None:
        """Call `step` with each item. `label` names an item in the log.

        `defer` leaves a failed item where a later run finds it; without it the item must stay there by itself. With
        `defer` labels must be unique: if this run finds a deferred item again, it skips it.
        """
        for item in items:
            if label(item) in self._deferred:
                continue
            try:
                step(item)
            except Exception:
                log.exception(
                    "item not processed: its step failed", extra={"schedule": self.schedule, "item": label(item)}
                )
                self.failed += 1
                if defer is not None:
                    self._deferred.add(label(item))
                    self._defer(item, defer)
            else:
                self.completed += 1

    def finish(self) -> int:
        """Write the metric; return the number of completed steps.

        Raises the last error of `defer`, so that the schedule's next run starts where this one did.
        """
        STEPS_FAILED.count(self.failed, schedule=self.schedule)
        if self._undeferred is not None:
            raise self._undeferred
        return self.completed

    def _defer(self, item: T, defer: Callable[[T], object]) -> None:
        try:
            defer(item)
        except Exception as error:
            log.exception("failed item not deferred: unexpected error", extra={"schedule": self.schedule})
            self._undeferred = error
