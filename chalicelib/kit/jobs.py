"""Lambda handlers that no caller waits for: `@consumes` for queues, `@scheduled` for the clock.

A handler deploys as its own function that imports its module only, so these are plain decorators, under Chalice's:

    @bp.on_sqs_message(queue="studio-generate", batch_size=1, name="studio-generate")
    @consumes(GenerationRequested)
    def generate(message: GenerationRequested) -> None: ...
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalice.app import CloudWatchEvent, SQSEvent, SQSRecord

from chalicelib.kit import clock, locks, logs, messages, metrics, tombstones
from chalicelib.kit.locks import Lease
from chalicelib.kit.messages import Message

log = logs.logger("jobs")

BatchAnswer = dict[str, list[dict[str, str]]]


def consumes(*kinds: type[Message]) -> Callable[[Callable[[Any], None]], Callable[[SQSEvent], BatchAnswer]]:
    """Call the function with each message of a batch; SQS redelivers only the messages that fail.

    A queue may take several kinds of message: the message attribute `message_name` tells which one a record is. Messages
    about an erased subject are dropped. An unreadable message fails like any other and ends in the dead-letter queue.
    The answer is the one that `ReportBatchItemFailures` expects.
    """
    by_name = {kind.__name__: kind for kind in kinds}

    def decorate(function: Callable[[Any], None]) -> Callable[[SQSEvent], BatchAnswer]:
        @functools.wraps(function)
        def handler(event: SQSEvent) -> BatchAnswer:
            failed = [record for record in event if not _is_handled(by_name, function, record)]
            return {"batchItemFailures": [{"itemIdentifier": _id(record)} for record in failed]}

        handler.__dict__["consumes"] = kinds
        return handler

    return decorate


def _is_handled(by_name: Mapping[str, type[Message]], function: Callable[[Any], None], record: SQSRecord) -> bool:
    with logs.bound(message_id=_id(record)):
        try:
            for message in _kind(by_name, record).read(record.body):
                _deliver(function, message)
        except Exception:
            log.exception("message failed", extra={"handler": function.__name__, "kinds": sorted(by_name)})
            metrics.count("MessagesFailed", handler=function.__name__)
            return False
    return True


def _kind(by_name: Mapping[str, type[Message]], record: SQSRecord) -> type[Message]:
    """Return the record's message class; the only one of the queue needs no name. Raises KeyError for an unknown name."""
    if len(by_name) == 1:
        return next(iter(by_name.values()))
    return by_name[record.to_dict()["messageAttributes"][messages.NAME_ATTRIBUTE]["stringValue"]]


def _deliver(function: Callable[[Any], None], message: Message) -> None:
    subjects, actors = message.subjects(), message.actors()
    with logs.bound(correlation_id=message.correlation_id or message.message_id):
        if (subjects or actors) and tombstones.is_erased(*subjects, actors=actors):
            log.info("message dropped: subject erased", extra={"kind": type(message).__name__})
            return
        function(message)


def _id(record: SQSRecord) -> str:
    return str(record.to_dict()["messageId"])


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a schedule: the moment it is for, and the last moment whose run was completed (None: none yet)."""

    due: datetime
    last_completed: datetime | None
    lease: Lease


def scheduled(name: str, lease_seconds: int) -> Callable[[Callable[[Run], None]], Callable[[CloudWatchEvent], None]]:
    """Run the function unless another run of the same schedule still holds its lease.

    The lease lapses after `lease_seconds`, so a killed run does not block the next; give it the function's timeout.
    """

    def decorate(function: Callable[[Run], None]) -> Callable[[CloudWatchEvent], None]:
        @functools.wraps(function)
        def handler(event: CloudWatchEvent) -> None:
            due = clock.parse(str(event.to_dict().get("time") or clock.iso(clock.now())))
            lease = locks.acquire(f"schedule/{name}", lease_seconds)
            if lease is None:
                log.info("skipped: the run before is still at work", extra={"schedule": name})
                return
            watermark = None
            try:
                last = clock.parse(lease.watermark) if lease.watermark else None
                with logs.bound(correlation_id=f"{name}@{clock.iso(due)}"):
                    function(Run(due, last, lease))
                watermark = clock.iso(due)
            finally:
                locks.release(lease, watermark)

        handler.__dict__["schedule"] = name
        return handler

    return decorate
