"""Windows of a limit: a window begins with its first attempt, has a fixed length and allows a number of attempts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Window:
    """The number of attempts in the window that ends at `ends_at`."""

    count: int
    ends_at: datetime


def count_attempt(window: Window | None, length: timedelta, now: datetime) -> Window:
    """Return the window with one more attempt; a new one if there is none or it has ended."""
    if window is None or window.ends_at <= now:
        return Window(1, now + length)
    return Window(window.count + 1, window.ends_at)


def full_until(window: Window | None, most: int, now: datetime) -> datetime | None:
    """Return the end of the window if it has `most` attempts; None if another attempt is allowed at `now`."""
    if window is None or window.ends_at <= now or window.count < most:
        return None
    return window.ends_at
