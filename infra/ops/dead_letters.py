"""Look into the dead-letter queues, and send back what may succeed now."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.kit import aws, logs, messages
from infra import handlers


def show(queue: str | None) -> None:
    """Print the number of dead letters of every queue, or the redacted messages of one (they stay there)."""
    if queue is None:
        for name in _queues():
            print(f"{_count(name):6}  {name}")
        return
    for message in _receive(_dead(queue), visible_after=0):
        received = message["Attributes"]["ApproximateReceiveCount"]
        print(f"{message['MessageId']}  received {received} times\n  {_shown(message['Body'])}")


def _shown(body: str) -> str:
    try:
        return json.dumps(logs.redact(json.loads(body)))[:2000]
    except ValueError:
        return f"not JSON, {len(body)} characters"


def redrive(queue: str | None) -> None:
    """Send every dead letter of `queue` back to it, each deleted only once it is sent."""
    if queue is None:
        raise LookupError(f"name a queue: {', '.join(_queues())}")
    sqs, dead, moved = aws.client("sqs"), _dead(queue), 0
    while batch := _receive(dead, visible_after=60):
        for message in batch:
            sqs.send_message(QueueUrl=messages.queue_url(queue), MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=messages.queue_url(dead), ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    print(f"{moved} sent back to {queue}")


def _queues() -> list[str]:
    return [consumer.queue for consumer in handlers.consumers()]


def _dead(queue: str) -> str:
    if queue not in _queues():
        raise LookupError(f"no such queue: {queue}; there are {', '.join(_queues())}")
    return f"{queue}-dead"


def _count(queue: str) -> int:
    answer = aws.client("sqs").get_queue_attributes(
        QueueUrl=messages.queue_url(_dead(queue)), AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def _receive(queue: str, visible_after: int) -> list[dict[str, Any]]:
    answer = aws.client("sqs").receive_message(
        QueueUrl=messages.queue_url(queue),
        MaxNumberOfMessages=10,
        VisibilityTimeout=visible_after,
        AttributeNames=["All"],
    )
    return list(answer.get("Messages", []))
