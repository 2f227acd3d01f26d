"""Deliver a batch from a queue to its handler, like Lambda's event source mapping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.kit import aws, config, messages
from infra.deploy.handlers import Consumer

Invoke = Callable[[Consumer, dict[str, Any]], Any]
"""Runs the handler with an event and returns its result; raises if the handler raised."""


def receive(consumer: Consumer, wait_seconds: int = 0) -> list[dict[str, Any]]:
    """Receive at most one batch of messages; they stay invisible for the queue's visibility timeout."""
    answer = aws.client("sqs").receive_message(
        QueueUrl=messages.queue_url(consumer.queue),
        MaxNumberOfMessages=min(consumer.batch_size, 10),
        WaitTimeSeconds=wait_seconds,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    return list(answer.get("Messages", []))


def event_of(consumer: Consumer, batch: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the event that Lambda passes to a function for these messages."""
    settings = config.settings()
    arn = f"arn:aws:sqs:{settings.region}:{settings.account_id}:{settings.namespace}-{consumer.queue}"
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
                "eventSourceARN": arn,
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
    for message in batch:
        if message["MessageId"] not in failed:
            aws.client("sqs").delete_message(
                QueueUrl=messages.queue_url(consumer.queue), ReceiptHandle=message["ReceiptHandle"]
            )
    return [message for message in batch if message["MessageId"] in failed]
