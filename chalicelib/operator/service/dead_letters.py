"""Dead-letter queues: count, show and redrive their messages. A dead-letter queue has its queue's name and `-dead`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from chalicelib.kit import audit, aws, logs, messages
from chalicelib.kit.auth import Account
from chalicelib.operator.schemas import DeadLetterQueueRead, DeadLetterRead, RedriveRead

BATCH = 10
"""The most messages that SQS returns at once."""
MOST_MOVED = 100
"""Messages that one request moves: API Gateway waits 29 seconds."""
SECONDS_TO_MOVE = 60
MOST_LETTERS = 2000


def read_queue(queue: str) -> DeadLetterQueueRead:
    """Return the queue with the approximate number of its dead letters."""
    return DeadLetterQueueRead(queue=queue, dead_letters=count_dead_letters(queue))


def count_dead_letters(queue: str) -> int:
    """Return the approximate number of a queue's dead letters."""
    answer = aws.client("sqs").get_queue_attributes(
        QueueUrl=_dead(queue), AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def list_dead_letters(queue: str, limit: int) -> list[DeadLetterRead]:
    """Return up to `limit` dead letters, at most ten, masked, and leave them in the queue."""
    return [_read(message) for message in _receive(queue, visible_after=0)[:limit]]


def iterate_moved(queue: str) -> Iterator[str]:
    """Move each dead letter back to its queue and yield its id. It is deleted only after it was sent."""
    sqs = aws.client("sqs")
    while batch := _receive(queue, visible_after=SECONDS_TO_MOVE):
        for message in batch:
            sqs.send_message(
                QueueUrl=messages.queue_url(queue),
                MessageBody=message["Body"],
                MessageAttributes=message.get("MessageAttributes", {}),
            )
            sqs.delete_message(QueueUrl=_dead(queue), ReceiptHandle=message["ReceiptHandle"])
            yield str(message["MessageId"])


def redrive_dead_letters(account: Account, queue: str) -> RedriveRead:
    """Move at most MOST_MOVED dead letters back to their queue, on behalf of an operator."""
    moved = 0
    for _ in iterate_moved(queue):
        moved += 1
        if moved == MOST_MOVED:
            break
    record_redrive(account, queue, moved)
    return RedriveRead(queue=queue, moved=moved, left=count_dead_letters(queue))


def record_redrive(account: Account, queue: str, moved: int) -> None:
    """Publish that an operator moved dead letters back to their queue."""
    audit.publish_operator_action(account, "kit.redrive", queue, moved=str(moved))


def _read(message: dict[str, Any]) -> DeadLetterRead:
    name = message.get("MessageAttributes", {}).get(messages.NAME_ATTRIBUTE, {}).get("StringValue")
    attributes = message["Attributes"]
    return DeadLetterRead(
        message_id=message["MessageId"],
        name=name,
        received=int(attributes["ApproximateReceiveCount"]),
        sent_at=datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
        body=_masked(message["Body"]),
    )


def _masked(body: str) -> str:
    try:
        return json.dumps(logs.redact(json.loads(body)))[:MOST_LETTERS]
    except ValueError:
        return f"not JSON, {len(body)} characters"


def _receive(queue: str, visible_after: int) -> list[dict[str, Any]]:
    answer = aws.client("sqs").receive_message(
        QueueUrl=_dead(queue),
        MaxNumberOfMessages=BATCH,
        VisibilityTimeout=visible_after,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    return list(answer.get("Messages", []))


def _dead(queue: str) -> str:
    return messages.queue_url(f"{queue}-dead")
