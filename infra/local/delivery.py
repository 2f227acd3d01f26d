"""Deliver a batch from a queue to its handler, like Lambda's event source mapping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from chalicelib.kit import aws, config, messages
from infra.deploy.handlers import Consumer

LOCAL_WINDOW_SECONDS = 1.0
"""The longest batching window here: a developer waits for the result."""
PAUSE_SECONDS = 0.05
MAX_PAGE = 10
"""Messages of one ReceiveMessage or DeleteMessageBatch."""
MAX_MESSAGE_BYTES = 262_144
MAX_BATCH_BYTES = 6_000_000
"""Lambda's limit of an event is 6 MB; a batch holds at most that much of message bodies."""

Invoke = Callable[[Consumer, dict[str, Any]], Any]
"""Runs the handler with an event and returns its result; raises if the handler raised."""


def receive(consumer: Consumer, wait_seconds: int = 0) -> list[dict[str, Any]]:
    """Receive at most one batch of messages; they stay invisible for the queue's visibility timeout.

    Wait up to `wait_seconds` for the first message. A consumer with a batching window gets more messages until the batch
    is full, in number or bytes, or the window is over: at most one second here. Without `wait_seconds` the batch is
    complete when the queue is empty.
    """
    batch = _receive_page(consumer, min(MAX_PAGE, consumer.batch_size), wait_seconds)
    if not batch or not consumer.options.batching_window:
        return batch
    end = time.monotonic() + min(consumer.options.batching_window, LOCAL_WINDOW_SECONDS)
    size = _size(batch)
    while (room := _room(consumer, len(batch), size)) and (not wait_seconds or time.monotonic() < end):
        page = _receive_page(consumer, room)
        if not page and not wait_seconds:
            break
        if not page:
            time.sleep(PAUSE_SECONDS)
        batch += page
        size += _size(page)
    return batch


def _size(batch: list[dict[str, Any]]) -> int:
    return sum(len(message["Body"].encode()) for message in batch)


def _room(consumer: Consumer, count: int, size: int) -> int:
    """Return how many messages the next call may receive, so that they fit the batch whatever their size is."""
    return max(0, min(MAX_PAGE, consumer.batch_size - count, (MAX_BATCH_BYTES - size) // MAX_MESSAGE_BYTES))


def _receive_page(consumer: Consumer, count: int, wait_seconds: int = 0) -> list[dict[str, Any]]:
    answer = aws.client("sqs").receive_message(
        QueueUrl=messages.queue_url(consumer.queue),
        MaxNumberOfMessages=count,
        WaitTimeSeconds=wait_seconds,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    return list(answer.get("Messages", []))


def event_of(consumer: Consumer, batch: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the event that Lambda passes to a function for these messages."""
    settings = config.settings()
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message.get("Attributes", {}),
                "messageAttributes": {
                    name: {"dataType": value["DataType"], "stringValue": value["StringValue"]}
                    for name, value in message.get("MessageAttributes", {}).items()
                },
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": messages.queue_arn(consumer.queue),
                "awsRegion": settings.region,
            }
            for message in batch
        ]
    }


def deliver(consumer: Consumer, batch: list[dict[str, Any]], invoke: Invoke) -> list[dict[str, Any]]:
    """Run the handler and delete the messages that it handled.

    Return the failed messages; they become visible again after the visibility timeout.
    """
    try:
        answer = invoke(consumer, event_of(consumer, batch)) or {}
        failed = {item["itemIdentifier"] for item in answer.get("batchItemFailures", [])}
    except Exception:
        return batch
    _delete(consumer, [message for message in batch if message["MessageId"] not in failed])
    return [message for message in batch if message["MessageId"] in failed]


def _delete(consumer: Consumer, done: list[dict[str, Any]]) -> None:
    for start in range(0, len(done), MAX_PAGE):
        page = done[start : start + MAX_PAGE]
        entries = [{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(page)]
        aws.client("sqs").delete_message_batch(QueueUrl=messages.queue_url(consumer.queue), Entries=entries)
