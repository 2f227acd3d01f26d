"""Decorators of asynchronous Lambda handlers: `@consumes` and `@consumes_many` for SQS queues, `@scheduled` for schedules.

Each handler deploys as its own function, which imports only its module. The decorators stand below Chalice's:

    @bp.on_sqs_message(queue="studio-generate_preview", batch_size=1, name="studio-generate_preview")
    @consumes(GenerationRequested)
    def generate(message: GenerationRequested) -> None: ...
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalice.app import CloudWatchEvent, SQSEvent, SQSRecord

from chalicelib.kit import clock, error_reports, ids, locks, logs, queue_records
from chalicelib.kit.locks import Lease
from chalicelib.kit.messages import Message
from chalicelib.kit.metrics import MESSAGES_FAILED
from chalicelib.kit.queue_records import Kinds, ReceivedMessage, record_id

MAX_BATCHING_WINDOW = 300
MAXIMUM_CONCURRENCY = range(2, 1001)
"""Limits of event source mappings (AWS Lambda, "Amazon SQS event source mapping parameters")."""
DEFAULT_CONCURRENCY = 2
"""Lambda's minimum: a new account has 10 executions for all functions. A consumer with more says why in a comment."""

log = logs.logger("jobs")

BatchAnswer = dict[str, list[dict[str, str]]]
SqsHandler = Callable[[SQSEvent], BatchAnswer]
HandleEach = Callable[[Any], None]
HandleBatch = Callable[[Sequence[ReceivedMessage[Any]]], Iterable[ReceivedMessage[Any]]]


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """How Lambda runs the consumer of a queue. Raises ValueError if a value is outside Lambda's limits."""

    layer: str | None = None
    """`duckdb` or `sql`: development packages that are too large for the bundle; the function gets them as a Lambda layer."""
    batching_window: int = 0
    """Seconds (0 to 300) in which Lambda gathers a batch; a batch size over 10 needs at least 1."""
    maximum_concurrency: int = DEFAULT_CONCURRENCY
    """The number of batches (2 to 1,000) that are handled at once, so that a burst leaves executions to others."""
    reports_errors: bool = True
    """Whether an error is published as `ErrorRaised`; not for the jobs that handle these messages."""

    def __post_init__(self) -> None:
        if not 0 <= self.batching_window <= MAX_BATCHING_WINDOW:
            raise ValueError(f"batching_window: 0 to {MAX_BATCHING_WINDOW} seconds")
        if self.maximum_concurrency not in MAXIMUM_CONCURRENCY:
            raise ValueError("maximum_concurrency: 2 to 1,000")


def consumes(*kinds: type[Message], **options: Any) -> Callable[[HandleEach], SqsHandler]:
    """Call the function with each message of a batch; SQS redelivers only the messages that fail.

    A queue may take several kinds of message: the message attribute `message_name` holds its class. Messages
    about an erased subject are dropped. An unreadable message fails like any other and ends in the dead-letter queue.
    Takes the fields of `QueueOptions`. Returns the response for `ReportBatchItemFailures`.
    """
    queue_options = QueueOptions(**options)

    def decorate(function: HandleEach) -> SqsHandler:
        return _handler(kinds, queue_options, function, _call_with_each)

    return decorate


def consumes_many(*kinds: type[Message], **options: Any) -> Callable[[HandleBatch], SqsHandler]:
    """Call the function once with the messages of a batch, in the order of their records.

    The function returns the messages that failed, an empty sequence if none did; SQS redelivers these. If it raises,
    it redelivers the whole batch. An unreadable message fails alone, and messages about an erased subject are dropped;
    their tombstones are read together. The function is not called if no message is left. Otherwise like `consumes`.
    """
    queue_options = QueueOptions(**options)

    def decorate(function: HandleBatch) -> SqsHandler:
        return _handler(kinds, queue_options, function, _call_with_all)

    return decorate


def _handler(
    kinds: tuple[type[Message], ...],
    options: QueueOptions,
    function: Callable[..., Any],
    call: Callable[[_Consumer, Sequence[SQSRecord]], set[str]],
) -> SqsHandler:
    """Return the handler of a queue. `call` calls the function and returns the ids of the failed records."""
    consumer = _Consumer({kind.__name__: kind for kind in kinds}, function, options.reports_errors)

    @functools.wraps(function)
    def handler(event: SQSEvent) -> BatchAnswer:
        records = list(event)
        failed = call(consumer, records)
        return {"batchItemFailures": [{"itemIdentifier": i} for i in map(record_id, records) if i in failed]}

    handler.__dict__["consumes"] = kinds
    handler.__dict__["options"] = options
    return handler


@dataclass(frozen=True, slots=True)
class _Consumer:
    """What a queue's handler needs to call its function."""

    kinds: Kinds
    function: Callable[..., Any]
    reports_errors: bool

    def note_error(self, error: Exception, count: int = 1) -> None:
        """Log and report an error, and count the messages that failed with it."""
        log.exception("message failed", extra={"handler": self.function.__name__, "kinds": sorted(self.kinds)})
        MESSAGES_FAILED.count(count, handler=self.function.__name__)
        if self.reports_errors:
            error_reports.report(error, self.function)


def _call_with_each(consumer: _Consumer, records: Sequence[SQSRecord]) -> set[str]:
    failed = set()
    for record in records:
        with logs.bound(message_id=record_id(record)):
            try:
                for message in queue_records.read_record(consumer.kinds, record):
                    _call_with_one(consumer.function, ReceivedMessage(record_id(record), message))
            except Exception as error:
                consumer.note_error(error)
                failed.add(record_id(record))
    return failed


def _call_with_one(function: HandleEach, received: ReceivedMessage[Message]) -> None:
    with logs.bound(correlation_id=queue_records.correlation_id(received.content)):
        for kept in queue_records.without_erased([received]):
            function(kept.content)


def _call_with_all(consumer: _Consumer, records: Sequence[SQSRecord]) -> set[str]:
    batch, failed = _readable(consumer, records)
    name = consumer.function.__name__
    with logs.bound(correlation_id=_shared_correlation_id(batch)):
        try:
            kept = queue_records.without_erased(batch)
            failures = {received.id for received in consumer.function(kept)} if kept else set()
        except Exception as error:
            failures = {received.id for received in batch}
            consumer.note_error(error, len(failures))
        else:
            if failures:
                log.warning("messages failed", extra={"handler": name, "messages": len(failures)})
                MESSAGES_FAILED.count(len(failures), handler=name)
    return failed | failures


def _readable(consumer: _Consumer, records: Sequence[SQSRecord]) -> tuple[list[ReceivedMessage[Message]], set[str]]:
    """Return the messages that can be read, and the ids of the records that cannot."""
    batch: list[ReceivedMessage[Message]] = []
    unreadable = set()
    for record in records:
        name = record_id(record)
        with logs.bound(message_id=name):
            try:
                batch += [ReceivedMessage(name, each) for each in queue_records.read_record(consumer.kinds, record)]
            except Exception as error:
                consumer.note_error(error)
                unreadable.add(name)
    return batch, unreadable


def _shared_correlation_id(batch: Sequence[ReceivedMessage[Message]]) -> str:
    """Return the correlation id of the messages, or a new one if they have different ones."""
    shared = {queue_records.correlation_id(received.content) for received in batch}
    return shared.pop() if len(shared) == 1 else ids.time_ordered()


@dataclass(frozen=True, slots=True)
class ScheduledRun:
    """One run of a schedule: the time for which it is due, and the due time of the last completed run (None: none yet)."""

    due: datetime
    last_completed: datetime | None
    lease: Lease


def scheduled(
    name: str, lease_seconds: int, formerly: str | None = None, *, reports_errors: bool = True
) -> Callable[[Callable[[ScheduledRun], None]], Callable[[CloudWatchEvent], None]]:
    """Run the function unless another run of the same schedule holds the lease.

    The lease expires after `lease_seconds`, so that a crashed run does not block the next one; use the function's
    timeout. `formerly` is the schedule's name in an earlier release: the first run under the new name starts from the
    watermark of the old name. An error is published as `ErrorRaised` if `reports_errors`, and raised.
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
            except Exception as error:
                if reports_errors:
                    error_reports.report(error, function)
                raise
            finally:
                locks.release(lease, watermark)

        handler.__dict__["schedule"] = name
        handler.__dict__["formerly"] = formerly
        return handler

    return decorate
