"""Cut-off of servers that hang: at its deadline a connection's socket is shut down, so that the waiting driver fails.

The server enforces statement timeouts, and a hanging or hostile server enforces none. One thread serves all connections.
"""

from __future__ import annotations

import os
import socket
import threading
import time


class Cutoff:
    """A running deadline of one socket, `seconds` after the last `extend`; `cancel` ends it."""

    def __init__(self, fileno: int, seconds: float) -> None:
        self._socket = socket.socket(fileno=os.dup(fileno))
        self.seconds = seconds
        self.due = 0.0
        self.extend()
        _WATCH.add(self)

    def extend(self) -> None:
        """Start the deadline again; called before each message to the server."""
        self.due = time.monotonic() + self.seconds

    def cancel(self) -> None:
        """End the deadline. Does nothing if it ended before."""
        if _WATCH.remove(self):
            self._socket.close()

    def shut_down(self) -> None:
        """Shut the socket down, for both sides."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:  # the server closed it
            return
        finally:
            self._socket.close()


class _Watch:
    """The deadlines of this process, and the thread that shuts overdue sockets down."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._cutoffs: set[Cutoff] = set()
        self._thread: threading.Thread | None = None
        self._wakes_at = 0.0

    def add(self, cutoff: Cutoff) -> None:
        with self._changed:
            self._cutoffs.add(cutoff)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="sql-deadlines", daemon=True)
                self._thread.start()
            elif cutoff.due < self._wakes_at:
                self._changed.notify()

    def remove(self, cutoff: Cutoff) -> bool:
        with self._changed:
            if cutoff not in self._cutoffs:
                return False
            self._cutoffs.remove(cutoff)
            return True

    def _run(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for cutoff in [one for one in self._cutoffs if one.due <= now]:
                    self._cutoffs.remove(cutoff)
                    cutoff.shut_down()
                pause = min((one.due - now for one in self._cutoffs), default=threading.TIMEOUT_MAX)
                self._wakes_at = now + pause
                self._changed.wait(pause)


_WATCH = _Watch()
os.register_at_fork(after_in_child=_WATCH.__init__)  # type: ignore[misc]
