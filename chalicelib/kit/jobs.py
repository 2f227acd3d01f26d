"""Decorators of asynchronous Lambda handlers: `@consumes` for SQS queues, `@scheduled` for schedules.

Each handler deploys as its own function, which imports only its module. The decorators stand below Chalice's:

    @bp.on_sqs_message(queue="studio-generate_preview", batch_size=1, name="studio-generate_preview")
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

from chalicelib.kit import clock, locks, logs, messages, tombstones
from chalicelib.kit.locks import Lease
from chalicelib.kit.messages import Message
from chalicelib.kit.metrics import MESSAGES_FAILED

log = logs.logger("jobs")

BatchAnswer = dict[str, list[dict[str, str]]]


def consumes(
    *kinds: type[Message], layer: str | None = None
) -> Callable[[Callable[[Any], None]], Callable[[SQSEvent], BatchAnswer]]:
    """Call the function with each message of a batch; SQS redelivers only the messages that fail.

    A queue may take several kinds of message: the message attribute `message_name` holds its class. Messages
    about an erased subject are dropped. An unreadable message fails like any other and ends in the dead-letter queue.
    `layer` is a development package that is too large for the bundle; the function gets it as a Lambda layer.
    Returns the response for `ReportBatchItemFailures`.
    """
    by_name = {kind.__name__: kind for kind in kinds}

    def decorate(function: Callable[[Any], None]) -> Callable[[SQSEvent], BatchAnswer]:
        @functools.wraps(function)
        def handler(event: SQSEvent) -> BatchAnswer:
            failed = [record for record in event if not _is_handled(by_name, function, record)]
            return {"batchItemFailures": [{"itemIdentifier": _id(record)} for record in failed]}

        handler.__dict__["consumes"] = kinds
        handler.__dict__["layer"] = layer
        return handler

    return decorate


def _is_handled(by_name: Mapping[str, type[Message]], function: Callable[[Any], None], record: SQSRecord) -> bool:
    with logs.bound(message_id=_id(record)):
        try:
            for message in _kind(by_name, record).read(record.body):
                _deliver(function, message)
        except Exception:
            log.exception("message failed", extra={"handler": function.__name__, "kinds": sorted(by_name)})
            MESSAGES_FAILED.count(handler=function.__name__)
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
class ScheduledRun:
    """One run of a schedule: the time for which it is due, and the due time of the last completed run (None: none yet)."""

    due: datetime
    last_completed: datetime | None
    lease: Lease


def scheduled(
    name: str, lease_seconds: int, formerly: str | None = None
) -> Callable[[Callable[[ScheduledRun], None]], Callable[[CloudWatchEvent], None]]:
    """Run the function unless another run of the same schedule holds the lease.

    The lease expires after `lease_seconds`, so that a crashed run does not block the next one; use the function's
    timeout. `formerly` is the schedule's name in an earlier release: the first run under the new name starts from the
    watermark of the old name.
    """

    def decorate(function: Callable[[ScheduledRun], None]) -> Callable[[CloudWatchEvent], None]:
        @functools.wraps(function)
        def handler(event: CloudWatchEvent) -> None:
            due = clock.parse(str(event.to_dict().get("time") or clock.iso(clock.now())))
            lease = locks.acquire(f"schedule/{name}", lease_seconds)
            if lease is None:
                log.info("run skipped: another run holds the lease", extra={"schedule": name})
                return
            watermark = None
            try:
                completed = lease.watermark or (locks.watermark(f"schedule/{formerly}") if formerly else None)
                last = clock.parse(completed) if completed else None
                with logs.bound(correlation_id=f"{name}@{clock.iso(due)}"):
                    function(ScheduledRun(due, last, lease))
                watermark = clock.iso(due)
            finally:
                locks.release(lease, watermark)

        handler.__dict__["schedule"] = name
        handler.__dict__["formerly"] = formerly
        return handler

    return decorate
