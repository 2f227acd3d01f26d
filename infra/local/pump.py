"""The event pump. It replaces SQS event source mappings and EventBridge in the local stack."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from chalicelib.kit import aws, clock, logs, messages
from chalicelib.kit.jobs import DEFAULT_CONCURRENCY
from infra.deploy import handlers
from infra.deploy.handlers import Consumer, Handler, Schedule
from infra.local import delivery, schedules
from infra.local.worker import HandlerFailed, Worker

POLL_SECONDS = 2
STOP_SECONDS = 60
MAX_CONCURRENCY = 2
RETRY_SECONDS = (1, 2, 5, 10)
"""Delays before a failed message is retried. An account uses the queue's visibility timeout, which is longer."""

log = logs.logger("pump")


class Pump:
    """Runs threads for each queue and one for each schedule; each thread has its own worker process.

    A queue has one thread. It has two if its consumer's `maximum_concurrency` is above the default: two show that
    concurrent batches are safe, and a developer's machine has no room for more.
    """

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self.workers: dict[str, Worker] = {}

    def start(self) -> None:
        """Start to deliver events; return immediately."""
        for consumer in handlers.consumers():
            for number in range(concurrency(consumer)):
                self._run(self._consume, consumer, f" {number + 1}" if number else "")
        for schedule in handlers.schedules():
            self._run(self._keep_time, schedule)

    def stop(self) -> None:
        """Stop delivering and stop the workers; an interrupted batch is redelivered after its visibility timeout."""
        self._stopping.set()
        deadline = time.monotonic() + STOP_SECONDS
        for worker in self.workers.values():
            worker.stop()
        for thread in self._threads:
            if thread.ident is not None:  # else a signal ended `start` before the thread ran
                thread.join(max(0.0, deadline - time.monotonic()))
        for worker in self.workers.values():
            worker.stop()  # a batch that was just received may have started one

    def retire_workers(self) -> None:
        """Let every handler's next event run in a new process, with the present code."""
        for worker in self.workers.values():
            worker.retire()

    def _run(self, loop: Callable[[Any, Worker], None], handler: Handler, suffix: str = "") -> None:
        name = f"{handler.name}{suffix}"
        worker = self.workers[name] = Worker(handler)
        thread = threading.Thread(target=loop, args=(handler, worker), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _consume(self, consumer: Consumer, worker: Worker) -> None:
        invoke = partial(self._invoke, worker)
        pause = 0.2
        while not self._stopping.is_set():
            try:
                batch = delivery.receive(consumer, wait_seconds=POLL_SECONDS)
                if batch and not self._stopping.is_set():
                    self._see_again(consumer, delivery.deliver(consumer, batch, invoke))
                pause = 0.2
            except Exception as error:  # the engine is down or restarting
                if not self._stopping.is_set():
                    log.warning("queue does not respond; retrying", extra={"queue": consumer.queue, "why": str(error)})
                self._stopping.wait(pause)
                pause = min(pause * 2, 3.0)

    def _invoke(self, worker: Worker, handler: Handler, event: dict[str, Any]) -> Any:
        try:
            return worker.invoke(event)
        except HandlerFailed as error:
            if not self._stopping.is_set():
                log.warning("handler failed", extra={"handler": handler.name, "why": str(error)})
            raise

    def _see_again(self, consumer: Consumer, failed: list[dict[str, Any]]) -> None:
        for message in failed:
            received = int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1))
            aws.client("sqs").change_message_visibility(
                QueueUrl=messages.queue_url(consumer.queue),
                ReceiptHandle=message["ReceiptHandle"],
                VisibilityTimeout=RETRY_SECONDS[min(received, len(RETRY_SECONDS)) - 1],
            )

    def _keep_time(self, schedule: Schedule, worker: Worker) -> None:
        due = time.time() + schedules.first_wait(schedule)
        while not self._stopping.wait(max(0.0, due - time.time())):
            with suppress(HandlerFailed):  # logged; the next run catches up
                self._invoke(worker, schedule, schedules.event_of(schedule, clock.now()))
            due += schedules.seconds(schedule.expression)


def concurrency(consumer: Consumer) -> int:
    """Return how many batches of the queue the pump handles at once."""
    return MAX_CONCURRENCY if consumer.options.maximum_concurrency > DEFAULT_CONCURRENCY else 1
