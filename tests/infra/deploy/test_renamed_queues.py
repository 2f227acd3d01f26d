"""Messages in queues of an earlier release reach the current handlers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.kit import aws, messages
from infra.deploy import data_stack, handlers, renamed_queues
from infra.deploy.renamed_queues import RENAMED


def create_old_queue(name: str) -> str:
    return str(aws.client("sqs").create_queue(QueueName=data_stack.physical(name))["QueueUrl"])


def receive_bodies(queue: str) -> list[dict[str, Any]]:
    response = aws.client("sqs").receive_message(
        QueueUrl=messages.queue_url(queue), MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return list(response.get("Messages", []))


def test_every_replacement_queue_accepts_the_message() -> None:
    accepted_types = {
        consumer.queue: {message.__name__ for message in consumer.messages} for consumer in handlers.consumers()
    }
    for queue, name in RENAMED.values():
        assert name in accepted_types[queue], queue
    assert not set(RENAMED) & set(accepted_types)


@pytest.mark.parametrize("suffix", ["", "-dead"])
def test_messages_are_moved_once_with_their_class_name(suffix: str) -> None:
    old = create_old_queue(f"studio-cancel{suffix}")
    for number in range(23):
        aws.client("sqs").send_message(QueueUrl=old, MessageBody=json.dumps({"number": number}))
    assert renamed_queues.move_messages() == 23
    moved_messages: list[dict[str, Any]] = []
    while batch := receive_bodies(f"studio-apply_order_change{suffix}"):
        moved_messages += batch
    assert sorted(json.loads(message["Body"])["number"] for message in moved_messages) == list(range(23))
    assert {message["MessageAttributes"]["message_name"]["StringValue"] for message in moved_messages} == {
        "OrderCancelled"
    }
    assert renamed_queues.move_messages() == 0


def test_a_message_that_names_its_class_keeps_the_name() -> None:
    old = create_old_queue("studio-cancel")
    named = messages.name_attribute("OrderEdited")
    aws.client("sqs").send_message(QueueUrl=old, MessageBody="{}", MessageAttributes=named)
    assert renamed_queues.move_to_successor("studio-cancel") == 1
    (message,) = receive_bodies("studio-apply_order_change")
    assert message["MessageAttributes"]["message_name"]["StringValue"] == "OrderEdited"


def test_a_moved_message_is_handled(drain: Callable[[], list[dict[str, Any]]]) -> None:
    body = json.dumps({"shop": "gone.myshopify.com", "app": "studio", "cause": "install"})
    aws.client("sqs").send_message(QueueUrl=create_old_queue("shops-register"), MessageBody=body)
    renamed_queues.move_messages()
    assert drain() == []
