"""Simulated crashes at a chosen AWS call: before it is sent, or after it took effect."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.kit import aws

SERVICES = ("dynamodb", "s3", "sns", "sqs")


class Crash(BaseException):
    """The simulated crash; the code under test must not catch it."""


@contextmanager
def hooked(when: str, operation: str, hook: Callable[[], None]) -> Iterator[None]:
    """Call `hook` before-call or after-call of an AWS operation (`*`: any) that this process makes."""

    def call(**_: Any) -> None:
        hook()

    names = [(aws.client(service), f"{when}.{service}.{operation}") for service in SERVICES]
    for client, name in names:
        client.meta.events.register(name, call)
    try:
        yield
    finally:
        for client, name in names:
            client.meta.events.unregister(name, call)


@contextmanager
def counted_calls(calls: Counter[str]) -> Iterator[None]:
    """Count this process's AWS calls by operation."""
    lock = threading.Lock()

    def count(model: Any, **_: Any) -> None:
        with lock:
            calls[model.name] += 1

    clients = [(aws.client(service), f"before-call.{service}.*") for service in SERVICES]
    for client, name in clients:
        client.meta.events.register(name, count)
    try:
        yield
    finally:
        for client, name in clients:
            client.meta.events.unregister(name, count)


@contextmanager
def crash_at(nth: int, when: str, operation: str = "*", how: type[BaseException] = Crash) -> Iterator[None]:
    """Crash at the nth call; other running threads crash at their next call.

    For threads of a server, `how` is an Exception, to which they respond with 500.
    """
    calls, lock = 0, threading.Lock()

    def count() -> None:
        nonlocal calls
        with lock:
            calls += 1
            if calls >= nth:
                raise how

    with hooked(when, operation, count):
        yield
