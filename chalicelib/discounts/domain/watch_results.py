"""The state of a watch after a check of a competitor's page."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.discounts.enums import WatchStatus

MOST_FAILURES = 10
"""Failed checks in a row after which the page is no longer read."""


@dataclass(frozen=True, slots=True)
class WatchState:
    """The result of the last check, and how many failed in a row."""

    status: WatchStatus
    failures: int


def state_after(failures: int, result: WatchStatus) -> WatchState:
    """Return the state after a check with this result. A price ends the row of failures; the tenth failure pauses."""
    if result is WatchStatus.OK:
        return WatchState(WatchStatus.OK, 0)
    count = failures + 1
    return WatchState(WatchStatus.PAUSED if count >= MOST_FAILURES else result, count)
