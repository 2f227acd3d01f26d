"""Crashes and stalls of a computation at one of its writes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.kit import aws

_WRITES = ("PutObject", "DeleteObjects", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def before_write(number: int, act: Callable[[], None], operations: Collection[str] = _WRITES) -> Iterator[list[str]]:
    """Call `act` before the write with this number (from 0), to DynamoDB or S3; yield the writes."""
    writes: list[str] = []

    def note(model: Any, **_: Any) -> None:
        if model.name in operations:
            writes.append(model.name)
            if len(writes) == number + 1:
                act()

    events = [aws.client(service).meta.events for service in ("dynamodb", "s3")]
    for each in events:
        each.register("before-call", note)
    try:
        yield writes
    finally:
        for each in events:
            each.unregister("before-call", note)


def kill() -> None:
    raise Killed
