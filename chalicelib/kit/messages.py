"""Messages: events on SNS topics for upper contexts, tasks on a context's own SQS queues.

A message class declares either `topic` (SNS; any number of consumers, each with its queue) or `queue` (SQS, of its own
context). These names get the prefix `<prefix>-<stage>-`. A message that is too large is stored in the images bucket and
sent by reference (AWS, "Managing large Amazon SQS messages"; ADR 8).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar, Self
from urllib.parse import unquote_plus

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chalicelib.kit import aws, clock, config, ids, logs
from chalicelib.kit.payloads import load_payload, store_payload

MAX_BYTES = 250_000
"""Maximum size of a body or batch; SNS and SQS allow 256 KiB with attributes (SNS and SQS quotas)."""
NAME_ATTRIBUTE = "message_name"
"""The SQS and SNS message attribute with the class name, for queues that take several messages (raw delivery keeps it)."""
_REFERENCE = '{"stored_at":'


class Message(BaseModel):
    """An event or a task. New releases only add fields; unknown fields are ignored."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="ignore", hide_input_in_errors=True)

    topic: ClassVar[str | None] = None
    queue: ClassVar[str | None] = None

    message_id: str = Field(default_factory=ids.time_ordered)
    occurred_at: AwareDatetime = Field(default_factory=clock.now)
    correlation_id: str | None = Field(default_factory=lambda: logs.current("correlation_id"))

    def subjects(self) -> tuple[str, ...]:
        """Return the data subjects (`shop:…`, `member:…`, `order:<shop>:<id>`); the message is dropped if one is erased."""
        return ()

    def actors(self) -> Mapping[str, datetime]:
        """Return the acting subjects and when they acted; the message is dropped if one was erased after that time."""
        return {}

    @classmethod
    def read(cls, body: str) -> Iterable[Self]:
        """Return the messages in an SQS body, or in the object it refers to. Raises ValidationError (pydantic)."""
        return [cls.model_validate_json(_fetched(body) if body.startswith(_REFERENCE) else body)]


class BucketEvent(Message):
    """An S3 event notification (`s3:ObjectCreated:*`, `s3:ObjectRemoved:*`), received through a queue.

    A subclass declares the `prefix` of the images bucket whose events it receives.
    Source: S3's event message structure (docs.aws.amazon.com, notification-content-structure).
    """

    prefix: ClassVar[str]

    event_name: str
    bucket: str
    key: str
    byte_count: int = 0
    sequencer: str = ""
    """Hexadecimal; sorts the events of one key."""

    @classmethod
    def read(cls, body: str) -> Iterable[Self]:
        document = json.loads(body)
        if document.get("Event") == "s3:TestEvent":
            return []
        return [
            cls(
                event_name=record["eventName"],
                bucket=record["s3"]["bucket"]["name"],
                key=unquote_plus(record["s3"]["object"]["key"]),
                byte_count=record["s3"]["object"].get("size", 0),
                sequencer=record["s3"]["object"].get("sequencer", ""),
                occurred_at=datetime.fromisoformat(record["eventTime"]),
            )
            for record in document["Records"]
        ]


def queue_url(name: str) -> str:
    """Return the URL of the queue with this logical name."""
    settings = config.settings()
    base = settings.endpoint_url or f"https://sqs.{settings.region}.amazonaws.com"
    return f"{base}/{settings.account_id}/{settings.physical_name(name)}"


def queue_arn(name: str) -> str:
    """Return the ARN of the queue with this logical name."""
    settings = config.settings()
    return f"arn:aws:sqs:{settings.region}:{settings.account_id}:{settings.physical_name(name)}"


def topic_arn(name: str) -> str:
    """Return the ARN of the topic with this logical name."""
    settings = config.settings()
    return f"arn:aws:sns:{settings.region}:{settings.account_id}:{settings.physical_name(name)}"


def publish(message: Message, delay_seconds: int = 0) -> None:
    """Publish to the message's topic or queue. Delivery is at least once, so consumers must be idempotent.

    `delay_seconds` (0 to 900) applies to queues only.
    """
    body, attributes = _body(message), name_attribute(type(message).__name__)
    if message.topic:
        aws.client("sns").publish(TopicArn=topic_arn(message.topic), Message=body, MessageAttributes=attributes)
    elif message.queue:
        aws.client("sqs").send_message(
            QueueUrl=queue_url(message.queue),
            MessageBody=body,
            DelaySeconds=delay_seconds,
            MessageAttributes=attributes,
        )
    else:
        raise TypeError(f"{type(message).__name__} declares neither topic nor queue")


def publish_many(messages: Iterable[Message]) -> None:
    """Send messages of one queue in batches of at most ten messages and MAX_BYTES.

    Raises RuntimeError if the queue rejects a message.
    """
    batch: list[tuple[str, str]] = []
    queue, batch_bytes = "", 0
    for message in messages:
        body, queue = _body(message), message.queue or ""
        size = len(body.encode())
        if len(batch) == 10 or batch_bytes + size > MAX_BYTES:
            _send_batch(queue, batch)
            batch, batch_bytes = [], 0
        batch.append((type(message).__name__, body))
        batch_bytes += size
    if batch:
        _send_batch(queue, batch)


def name_attribute(name: str) -> dict[str, dict[str, str]]:
    """Return the message attributes that name a message class."""
    return {NAME_ATTRIBUTE: {"DataType": "String", "StringValue": name}}


def _send_batch(queue: str, named_bodies: list[tuple[str, str]]) -> None:
    entries = [
        {"Id": str(number), "MessageBody": body, "MessageAttributes": name_attribute(name)}
        for number, (name, body) in enumerate(named_bodies)
    ]
    answer = aws.client("sqs").send_message_batch(QueueUrl=queue_url(queue), Entries=entries)
    if answer.get("Failed"):
        raise RuntimeError(f"the queue rejected {len(answer['Failed'])} messages")


def _body(message: Message) -> str:
    """Return the message as JSON. If it is too large, store it in S3 and return a reference."""
    body = message.model_dump_json()
    if len(body) <= MAX_BYTES and len(body.encode()) <= MAX_BYTES:
        return body
    about = next(iter(message.subjects()), "nobody")
    return json.dumps({"stored_at": store_payload(about, body)})


def _fetched(body: str) -> bytes:
    return load_payload(json.loads(body)["stored_at"])
