"""SIGINT and SIGTERM handling for programs that serve until a signal."""

from __future__ import annotations

import signal
import time

PAUSE = 0.2


class StopSignal:
    """Records SIGINT and SIGTERM from its creation on. The main thread creates it and waits for it.

    The kernel may deliver a signal to any thread, but Python runs the handler in the main thread, once that wakes. A
    main thread that waits for a lock never wakes, so `wait` polls. The handler takes no lock: the code that it
    interrupts might hold it.
    """

    def __init__(self) -> None:
        self._came: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, _: self._came.append(number))

    def wait(self) -> None:
        """Return after a signal."""
        while not self._came:
            time.sleep(PAUSE)
