"""Inspect the dead-letter queues and redrive their messages."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any, TextIO

from chalicelib.kit import audit, aws, logs, messages
from infra.deploy import handlers
from infra.ops import actor, output
from infra.ops.errors import CommandRefused


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser("dead-letters", help="messages that failed five deliveries")
    parser.add_argument("queue", nargs="?", help="show one queue, e.g. studio-generate_preview; default: count all")
    parser.add_argument("--redrive", action="store_true", help="move the queue's dead letters back to it")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Count, show or redrive messages. Raises CommandRefused if the queue does not exist."""
    queue, stdout = arguments.queue, arguments.stdout
    if queue not in (None, *_queues()):
        raise CommandRefused(f"no such queue: {queue}; there are {', '.join(_queues())}")
    if arguments.redrive and queue is None:
        raise CommandRefused(f"name a queue: {', '.join(_queues())}")
    if arguments.redrive:
        _redrive(queue, stdout)
    elif queue:
        _show(queue, stdout)
    else:
        for name in _queues():
            print(f"{_count(name):6}  {name}", file=stdout)
    return 0


def _show(queue: str, stdout: TextIO) -> None:
    """Print up to ten messages, redacted, and leave them in the queue."""
    for message in _receive(queue, visible_after=0):
        received = message["Attributes"]["ApproximateReceiveCount"]
        print(f"{message['MessageId']}  received {received} times\n  {_shown(message['Body'])}", file=stdout)


def _shown(body: str) -> str:
    try:
        return json.dumps(logs.redact(json.loads(body)))[:2000]
    except ValueError:
        return f"not JSON, {len(body)} characters"


def _redrive(queue: str, stdout: TextIO) -> None:
    """Move every message back to its queue. Delete each one only after it is sent."""
    sqs, moved = aws.client("sqs"), 0
    with output.bar("messages", _count(queue)) as bar:
        while batch := _receive(queue, visible_after=60):
            for message in batch:
                sqs.send_message(
                    QueueUrl=messages.queue_url(queue),
                    MessageBody=message["Body"],
                    MessageAttributes=message.get("MessageAttributes", {}),
                )
                sqs.delete_message(QueueUrl=_dead(queue), ReceiptHandle=message["ReceiptHandle"])
                moved += 1
                bar.update()
    audit.publish_operator_action(actor.operator(), "kit.redrive", queue, moved=str(moved))
    print(f"{moved} messages moved back to {queue}", file=stdout)


def _queues() -> list[str]:
    return [consumer.queue for consumer in handlers.consumers()]


def _dead(queue: str) -> str:
    return messages.queue_url(f"{queue}-dead")


def _count(queue: str) -> int:
    answer = aws.client("sqs").get_queue_attributes(
        QueueUrl=_dead(queue), AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def _receive(queue: str, visible_after: int) -> list[dict[str, Any]]:
    answer = aws.client("sqs").receive_message(
        QueueUrl=_dead(queue),
        MaxNumberOfMessages=10,
        VisibilityTimeout=visible_after,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    return list(answer.get("Messages", []))
