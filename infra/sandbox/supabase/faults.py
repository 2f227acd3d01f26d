"""Faults on demand: throttled calls and lost answers."""

import threading
from typing import Literal

Fault = Literal["throttled", "lost_answer"]


class Faults:
    """The number of calls that each fault still affects. Arranging a fault again replaces its number."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._left: dict[Fault, int] = {}
        self.reset_seconds = 1
        """The value of the header X-RateLimit-Reset of throttled calls."""

    def arrange(self, fault: Fault, calls: int) -> None:
        """Apply the fault to the next calls."""
        with self._guard:
            self._left[fault] = calls

    def strikes(self, fault: Fault) -> bool:
        """Return whether the fault affects this call, and count the call."""
        with self._guard:
            left = self._left.get(fault, 0)
            self._left[fault] = max(0, left - 1)
            return left > 0
