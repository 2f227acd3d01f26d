"""Stop a command cleanly on Ctrl-C or SIGTERM: it releases its lock, removes its temporary file, prints how to resume."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)

_received: list[Stopped] = []  # what the signal's handler raised


class Stopped(BaseException):
    """The operator stopped the command. `advice` says how to resume."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number
        self.advice = ""


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise Stopped in the block at the first signal; a second signal kills the process."""
    _received.clear()
    before = {number: signal.signal(number, _stop) for number in SIGNALS}
    try:
        with _unwrapped():
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def resumable(advice: str) -> Iterator[None]:
    """Attach the advice on how to resume if the operator stops the block."""
    try:
        with _unwrapped():
            yield
    except Stopped as stopped:
        stopped.advice = advice
        raise


@contextmanager
def _unwrapped() -> Iterator[None]:
    """Raise Stopped in place of the error that a library made of it, as pydantic does in a serializer."""
    try:
        yield
    except Exception as error:
        if _received:
            raise _received[0] from error
        raise


def _stop(number: int, _frame: FrameType | None) -> None:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    _received.append(Stopped(number))
    raise _received[0]
