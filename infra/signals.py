"""SIGINT and SIGTERM for programs that serve until one of them comes."""

from __future__ import annotations

import signal
import time

PAUSE = 0.2


class StopSignal:
    """Notes SIGINT and SIGTERM from its creation on; made and waited for by the main thread.

    The kernel may give a signal to any thread, and Python runs the handler in the main thread only, once that wakes:
    one that sleeps on a lock never does. A handler that takes a lock may meet it locked by the code it interrupted.
    """

    def __init__(self) -> None:
        self._came: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, _: self._came.append(number))

    def wait(self) -> None:
        """Return once a signal came."""
        while not self._came:
            time.sleep(PAUSE)
