"""Batches as Lambda's event source mapping gathers them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.kit import aws, messages
from chalicelib.kit.jobs import QueueOptions
from infra.deploy import handlers
from infra.deploy.handlers import Consumer
from infra.local import delivery


def declared(batch_size: int, batching_window: int = 0) -> Consumer:
    """Return a consumer of the bundle with another batch size and window."""
    options = QueueOptions(batching_window=batching_window)
    return replace(handlers.consumers()[0], batch_size=batch_size, options=options)


def send(consumer: Consumer, count: int, body: str = "x") -> None:
    for number in range(count):
        aws.client("sqs").send_message(QueueUrl=messages.queue_url(consumer.queue), MessageBody=f"{number} {body}")


@pytest.mark.parametrize("wait_seconds", [0, 1])
def test_a_window_gathers_the_messages_of_several_calls(wait_seconds: int) -> None:
    consumer = declared(10_000, batching_window=60)
    send(consumer, 25)
    assert len(delivery.receive(consumer, wait_seconds)) == 25


def test_a_batch_has_at_most_its_size() -> None:
    consumer = declared(12, batching_window=60)
    send(consumer, 25)
    assert [len(delivery.receive(consumer)) for _ in range(3)] == [12, 12, 1]


def test_without_a_window_a_batch_is_one_call() -> None:
    consumer = declared(10)
    send(consumer, 12)
    assert len(delivery.receive(consumer)) <= 10


def test_a_batch_has_at_most_six_megabytes() -> None:
    consumer = declared(10_000, batching_window=60)
    send(consumer, 27, "x" * 250_000)
    batch = delivery.receive(consumer)
    assert 22 <= len(batch) <= 24
    assert sum(len(message["Body"]) for message in batch) <= 6_000_000
    assert len(delivery.receive(consumer)) == 27 - len(batch)


def test_the_window_is_one_second_at_most_and_late_messages_join(monkeypatch: pytest.MonkeyPatch) -> None:
    consumer = declared(10_000, batching_window=60)
    send(consumer, 1)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 6:
            send(consumer, 2)

    monkeypatch.setattr(delivery, "time", SimpleNamespace(monotonic=lambda: sum(pauses), sleep=pause))
    assert len(delivery.receive(consumer, wait_seconds=2)) == 3
    assert 1 <= sum(pauses) < 1 + 2 * delivery.PAUSE_SECONDS


def test_only_handled_messages_of_a_large_batch_are_deleted() -> None:
    consumer = declared(10_000, batching_window=60)
    send(consumer, 25)
    batch = delivery.receive(consumer)
    failures = {"batchItemFailures": [{"itemIdentifier": batch[n]["MessageId"]} for n in (3, 24)]}

    def fail_two(_: Consumer, event: dict[str, Any]) -> Any:
        assert len(event["Records"]) == 25
        return failures

    assert delivery.deliver(consumer, batch, fail_two) == [batch[3], batch[24]]
    name = "ApproximateNumberOfMessagesNotVisible"
    queue = messages.queue_url(consumer.queue)
    response = aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=[name])
    assert response["Attributes"][name] == "2"


@pytest.mark.parametrize(("batch_size", "batching_window"), [(11, 0), (10_001, 60), (0, 0)])
def test_a_batch_size_that_lambda_refuses_is_refused(batch_size: int, batching_window: int) -> None:
    with pytest.raises(ValueError, match="batch_size"):
        declared(batch_size, batching_window)
