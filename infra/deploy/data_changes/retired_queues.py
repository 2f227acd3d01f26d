"""Queues that the new code does not have: no message in them may be lost.

A renamed queue (`renamed_queues.RENAMED`) gives its messages to its successor. Another one must be empty before its consumer
goes, so that a queue is removed in two releases: first its last sender, then its consumer.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.kit import aws, config
from infra.deploy import renamed_queues
from infra.deploy.data_changes.indexes import Template
from infra.deploy.data_changes.removals import retired_queues
from infra.deploy.packaging.stacks import DeploymentFailed

COUNTS = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
]


def refuse_loss(new: Template, live: Template, running: Template | None) -> None:
    """Raise DeploymentFailed if the deployment would take the consumer of messages that no other handler accepts.

    `running` is the template of the release that runs: a queue without a consumer in it has lost it before.
    """
    consumed = (running or {}).get("Resources", {})
    names = [name for key, name in retired_queues(new, live).items() if key in consumed]
    stranded = {name: count for name in names if not _successor(name) and (count := message_count(name))}
    if stranded:
        listed = ", ".join(f"{name} has {count}" for name, count in stranded.items())
        raise DeploymentFailed(
            f"this version has no consumer for queues with messages: {listed}. Nothing was deployed. Deploy a version that "
            "still consumes them and no longer sends to them, wait until they are empty (redrive or purge dead letters), "
            "then deploy this one; or name the queue's successor in infra/deploy/renamed_queues.py"
        )


def move_messages(names: Collection[str]) -> list[str]:
    """Move the messages of renamed queues to their successors, and return a line for each queue that had some.

    `names` are names in the account.
    """
    lines = []
    for name in names:
        found = _successor(name)
        moved = renamed_queues.move_to_successor(_short(name)) if found else 0
        if found and moved:
            lines.append(f"{name}: {moved} messages moved to {found[0]}")
    return lines


def count_messages(names: Collection[str]) -> dict[str, int]:
    """Return the message count of each queue that is not empty."""
    return {name: count for name in names if (count := message_count(name))}


def describe_waiting(name: str, count: int) -> str:
    """Return a line about a queue that stays, and what to do before SQS deletes its messages after four days."""
    remedy = "to move them" if _successor(name) else "an earlier version to process them, or purge the queue"
    return f"{name}: kept, {count} messages without a consumer; deploy {'again ' if _successor(name) else ''}{remedy}"


def message_count(name: str) -> int:
    """Return how many messages a queue has: visible, delayed and in flight; 0 if it does not exist."""
    sqs: Any = aws.client("sqs")
    try:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=COUNTS)["Attributes"]
    except ClientError as error:
        if "NonExistentQueue" in error.response["Error"]["Code"]:
            return 0
        raise
    return sum(int(attributes[count]) for count in COUNTS)


def delete_queues(names: Collection[str]) -> None:
    """Delete queues that left their stack, which keeps them."""
    sqs = aws.client("sqs")
    for name in names:
        sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])


def _short(name: str) -> str:
    return name.removeprefix(config.settings().namespace + "-")


def _successor(name: str) -> tuple[str, str] | None:
    return renamed_queues.successor(_short(name))
