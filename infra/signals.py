"""SIGINT and SIGTERM handling for programs that serve until a signal."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

PAUSE = 0.2
STOP_SECONDS = 60.0
"""Seconds after a signal in which a program must stop."""
FORCED_EXIT = 70
"""The exit code of a program that did not stop in time."""


class StopRequested(BaseException):
    """A signal ends the start. Not a subclass of Exception, so that code that retries or logs errors does not catch it."""


class StopSignal:
    """Records SIGINT and SIGTERM from its creation on. The main thread creates it and waits for it.

    The kernel may deliver a signal to any thread, but Python runs the handler in the main thread, once that wakes. A
    main thread that waits for a lock never wakes, so `wait` polls. The handler takes no lock: the code that it
    interrupts might hold it. Python's own handler in C writes each signal to a socket; a thread reads it, and ends the
    process if it is still there `stop_seconds` after the first signal.
    """

    def __init__(self, stop_seconds: float = STOP_SECONDS) -> None:
        self._received: list[int] = []
        self._interrupts = False
        reading, self._writing = socket.socketpair()
        self._writing.setblocking(False)
        signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._handle)
        threading.Thread(target=_force_exit, args=(reading, stop_seconds), name="signals", daemon=True).start()

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Raise StopRequested in the block at the first signal, or at once if a signal arrived before."""
        self._interrupts = True
        try:
            if self._received:
                raise StopRequested
            yield
        finally:
            self._interrupts = False

    def wait(self) -> None:
        """Return after a signal."""
        while not self._received:
            time.sleep(PAUSE)

    def _handle(self, number: int, _: FrameType | None) -> None:
        self._received.append(number)
        if self._interrupts:
            self._interrupts = False
            raise StopRequested


def _force_exit(reading: socket.socket, seconds: float) -> None:
    """Exit `seconds` after the first SIGINT or SIGTERM that arrives on the socket. Child processes notice the exit."""
    number = b""
    while number not in (bytes([signal.SIGINT]), bytes([signal.SIGTERM])):
        number = reading.recv(1)
        if not number:
            return  # the other end was closed
    time.sleep(seconds)
    os.write(2, f"not stopped within {seconds:.0f} s after the signal: exiting\n".encode())
    os._exit(FORCED_EXIT)
