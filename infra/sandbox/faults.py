"""Injected faults of a sandbox."""

import threading
from typing import Generic, TypeVar

F = TypeVar("F", bound=str)


class Faults(Generic[F]):
    """The number of calls that each fault still affects.

    A repeated call of `arrange` replaces the number; 0 ends the fault.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._left: dict[F, int] = {}

    def arrange(self, fault: F, calls: int) -> None:
        """Apply the fault to the next calls."""
        with self._guard:
            self._left[fault] = calls

    def strikes(self, fault: F) -> bool:
        """Return whether the fault affects this call, and count the call."""
        with self._guard:
            left = self._left.get(fault, 0)
            self._left[fault] = max(0, left - 1)
            return left > 0
