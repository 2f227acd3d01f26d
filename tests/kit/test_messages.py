"""Messages to queues and topics, through the engine."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pydantic import ValidationError

from chalicelib.kit import aws, config, messages
from chalicelib.kit.messages import Message
from chalicelib.retention.schemas import SweepRequested
from chalicelib.shops.schemas.messages import ShopInstalled

QUEUE = "retention-sweep_segment"


def read_messages(queue: str) -> list[dict[str, Any]]:
    """Read every message of a queue as JSON."""
    results: list[dict[str, Any]] = []
    url = messages.queue_url(queue)
    while batch := aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        results += [json.loads(message["Body"]) for message in batch]
    return results


def request(segment: int) -> SweepRequested:
    return SweepRequested(rule="r", run="x", segment=segment)


def test_a_message_reaches_its_own_queue() -> None:
    message = request(1)
    messages.publish(message)
    [body] = read_messages(QUEUE)
    assert SweepRequested.model_validate(body) == message
    assert abs(message.occurred_at - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("count", [0, 1, 10, 23])
def test_many_messages_are_sent_in_batches(count: int) -> None:
    messages.publish_many(request(number) for number in range(count))
    assert sorted(body["segment"] for body in read_messages(QUEUE)) == list(range(count))


def test_a_delayed_message_arrives_later() -> None:
    messages.publish(request(1), delay_seconds=900)
    assert read_messages(QUEUE) == []
    response = aws.client("sqs").get_queue_attributes(
        QueueUrl=messages.queue_url(QUEUE), AttributeNames=["ApproximateNumberOfMessagesDelayed"]
    )
    assert response["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "1"


def subscribe(queue: str, topic: str) -> None:
    """Subscribe a queue with raw delivery, and let the topic send to it, as the data stack does for a consumer."""
    target = messages.topic_arn(queue).replace(":sns:", ":sqs:")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": target,
        "Condition": {"ArnLike": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.client("sqs").set_queue_attributes(QueueUrl=messages.queue_url(queue), Attributes={"Policy": policy})
    raw = {"RawMessageDelivery": "true"}
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=target, Attributes=raw)


def test_a_topic_reaches_every_subscribed_queue_raw() -> None:
    message = ShopInstalled(shop="a.myshopify.com", app="studio", event="install")
    queues = [QUEUE, "shops-apply_webhook"]
    for queue in queues:
        subscribe(queue, messages.topic_arn("shops-shop_installed"))
    messages.publish(message)
    for queue in queues:
        [raw] = aws.client("sqs").receive_message(
            QueueUrl=messages.queue_url(queue), WaitTimeSeconds=20, MessageAttributeNames=["All"]
        )["Messages"]
        assert ShopInstalled.model_validate_json(raw["Body"]) == message
        assert raw["MessageAttributes"]["message_name"]["StringValue"] == "ShopInstalled"


def large(number: int = 0, size: int = 300_000) -> ShopInstalled:
    return ShopInstalled(
        message_id=f"{number}" + "é" * (size // 2), shop="a.myshopify.com", app="studio", event="install"
    )


def stored_keys() -> list[str]:
    bucket = config.settings().images_bucket
    objects = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix="payloads/messages/").get("Contents", [])
    return [each["Key"] for each in objects]


def test_a_large_message_is_sent_by_reference() -> None:
    subscribe(QUEUE, messages.topic_arn("shops-shop_installed"))
    messages.publish(large())
    [raw] = aws.client("sqs").receive_message(QueueUrl=messages.queue_url(QUEUE), WaitTimeSeconds=20)["Messages"]
    assert len(raw["Body"]) < 500
    assert list(ShopInstalled.read(raw["Body"])) == [large().model_copy(update=_default_fields(raw["Body"]))]
    [key] = stored_keys()
    assert key.startswith("payloads/messages/shop:a.myshopify.com:studio/")


def _default_fields(body: str) -> dict[str, Any]:
    """Return the default fields of a new message."""
    [read] = ShopInstalled.read(body)
    return {"occurred_at": read.occurred_at, "correlation_id": read.correlation_id}


@pytest.mark.parametrize("size", [messages.MAX_BYTES - 1000, messages.MAX_BYTES + 1000])
def test_only_large_messages_are_stored(size: int) -> None:
    subscribe(QUEUE, messages.topic_arn("shops-shop_installed"))
    messages.publish(large(size=size))
    assert bool(stored_keys()) is (size > messages.MAX_BYTES)


def test_a_missing_stored_message_raises() -> None:
    body = json.dumps({"stored_at": f"s3://{config.settings().images_bucket}/payloads/messages/nobody/none.json"})
    with pytest.raises(ClientError):
        ShopInstalled.read(body)


def test_a_batch_is_split_by_its_size() -> None:
    class Heavy(Message):
        queue = QUEUE

        text: str

    messages.publish_many(Heavy(text="x" * 90_000) for _ in range(7))
    assert len(read_messages(QUEUE)) == 7


def test_a_message_without_a_destination_is_an_error() -> None:
    with pytest.raises(TypeError, match="neither topic nor queue"):
        messages.publish(Message())


def test_a_missing_queue_is_an_error() -> None:
    class Lost(Message):
        queue = "kit-nowhere"

    for send in (messages.publish, lambda message: messages.publish_many([message])):
        with pytest.raises(ClientError):
            send(Lost())


def test_messages_are_immutable_and_ignore_unknown_fields() -> None:
    message = request(1)
    with pytest.raises(ValidationError):
        message.segment = 2  # type: ignore[misc]
    body = {**message.model_dump(mode="json"), "later": "field"}
    assert list(SweepRequested.read(json.dumps(body))) == [message]
    assert request(1).message_id != request(1).message_id
