"""Faults at a chosen call to AWS: the process ends there, or another worker runs there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.kit import aws
from tests.retention.crash import Crash, hooked


@contextmanager
def lost_answer(number: int) -> Iterator[list[int]]:
    """Lose the answer of the nth UpdateItem, which took effect: botocore sends it again. Yields the attempts so far."""
    attempts: list[int] = []
    lock = threading.Lock()

    def repeat(**call: Any) -> int | None:
        with lock:
            attempts.append(1)
            return 0 if len(attempts) == number and call["attempts"] == 1 else None

    events = aws.client("dynamodb").meta.events
    events.register_first("needs-retry.dynamodb.UpdateItem", repeat)
    try:
        yield attempts
    finally:
        events.unregister("needs-retry.dynamodb.UpdateItem", repeat)


@contextmanager
def without_waits() -> Iterator[None]:
    """Let the backoff of retries take no time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chalicelib.kit.retries.time.sleep", lambda _: None)
        yield


def killed_at(number: int, when: str, work: Callable[[], object]) -> bool:
    """Do the work; end it before or after its call with this number (from 1). Returns whether it was ended."""
    lock, calls = threading.Lock(), 0

    def count() -> None:
        nonlocal calls
        with lock:
            calls += 1
            if calls >= number:
                raise Crash

    with hooked(when, "*", count):
        try:
            work()
        except Crash:
            return True
    return False


def interrupted_at(number: int, work: Callable[[], object], other: Callable[[], object]) -> None:
    """Do the work; run all of `other` before its call with this number, while it stands still."""
    lock, calls = threading.Lock(), 0

    def count() -> None:
        nonlocal calls
        with lock:
            calls += 1
            is_now = calls == number
        if is_now:
            other()

    with hooked("before-call", "*", count):
        work()
