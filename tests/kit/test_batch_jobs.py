"""Handlers that take a whole batch of a queue at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from chalice.app import Blueprint, Chalice
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kit import clock, logs, tombstones
from chalicelib.kit.jobs import consumes_many
from chalicelib.kit.messages import BucketEvent, Message
from chalicelib.kit.queue_records import ReceivedMessage
from infra.bench.round_trips import metered
from tests.examples import examples
from tests.kit.conftest import CaptureLog

bp = Blueprint(__name__)
calls: list[list[str]] = []
bound_ids: list[str | None] = []


class Counted(Message):
    name: str
    by: str | None = None

    def subjects(self) -> tuple[str, ...]:
        return (f"member:{self.name}",)

    def actors(self) -> Mapping[str, datetime]:
        return {f"member:{self.by}": self.occurred_at} if self.by else {}


class Renamed(Message):
    name: str


@bp.on_sqs_message(queue="sample-count", name="sample-count", batch_size=10)
@consumes_many(Counted)
def count(batch: Sequence[ReceivedMessage[Counted]]) -> Iterable[ReceivedMessage[Counted]]:
    names = [received.content.name for received in batch]
    calls.append(names)
    bound_ids.append(logs.current("correlation_id"))
    if "broken" in names:
        raise ValueError("broken")
    return [received for received in batch if received.content.name.startswith("fail")]


@bp.on_sqs_message(queue="sample-count_all", name="sample-count_all", batch_size=10)
@consumes_many(Counted, Renamed)
def count_all(batch: Sequence[ReceivedMessage[Counted | Renamed]]) -> Iterable[ReceivedMessage[Counted | Renamed]]:
    calls.append([f"{type(received.content).__name__} {received.content.name}" for received in batch])
    return ()


@bp.on_sqs_message(queue="sample-look_at_all", name="sample-look_at_all", batch_size=10)
@consumes_many(BucketEvent)
def look_at_all(batch: Sequence[ReceivedMessage[BucketEvent]]) -> Iterable[ReceivedMessage[BucketEvent]]:
    calls.append([f"{received.id} {received.content.key}" for received in batch])
    return batch[-1:]


app = Chalice(app_name="sample-batch-jobs")
app.register_blueprint(bp)


@pytest.fixture(autouse=True)
def _nothing_called() -> None:
    calls.clear()
    bound_ids.clear()


def deliver(name: str, *bodies: str, kinds: Sequence[str | None] = ()) -> list[int]:
    """Deliver a batch to the handler; return the numbers of the failed messages."""
    records: list[dict[str, Any]] = [
        {"messageId": f"m{n}", "body": body, "receiptHandle": "r"} for n, body in enumerate(bodies)
    ]
    for record, kind in zip(records, kinds, strict=False):
        attribute = {"message_name": {"dataType": "String", "stringValue": kind}} if kind else {}
        record["messageAttributes"] = attribute
    response = app.handler_map[name]({"Records": records}, None)
    return [int(item["itemIdentifier"][1:]) for item in response["batchItemFailures"]]


def counted(name: str, **values: Any) -> str:
    return Counted(name=name, **values).model_dump_json()


def test_a_batch_is_one_call() -> None:
    assert deliver("sample-count", counted("a"), counted("b")) == []
    assert calls == [["a", "b"]]


def test_only_returned_messages_are_redelivered() -> None:
    assert deliver("sample-count", counted("a"), counted("fail 1"), counted("b"), counted("fail 2")) == [1, 3]


def test_an_unreadable_message_fails_alone(capture_log: CaptureLog) -> None:
    with capture_log("jobs") as lines:
        assert deliver("sample-count", counted("a"), '{"secret": "hunter2"}', counted("b")) == [1]
    assert calls == [["a", "b"]]
    [line] = lines()
    assert (line["level"], line["handler"], line["message_id"]) == ("ERROR", "count", "m1")
    assert "hunter2" not in str(line)


def test_an_exception_fails_the_whole_batch() -> None:
    assert deliver("sample-count", counted("a"), "not json", counted("broken")) == [0, 1, 2]


def test_the_function_is_not_called_without_messages() -> None:
    tombstones.add("member:gone")
    assert deliver("sample-count", "not json", counted("gone")) == [0]
    assert calls == []


def test_messages_about_erased_subjects_are_dropped_from_the_batch() -> None:
    tombstones.add("member:gone")
    tombstones.add("member:actor")
    later = clock.now() + timedelta(hours=1)
    bodies = [counted("gone"), counted("a", by="actor", occurred_at=clock.now() - timedelta(hours=1))]
    assert deliver("sample-count", *bodies, counted("b", by="actor", occurred_at=later)) == []
    assert calls == [["b"]]


def test_the_tombstones_of_a_batch_are_read_by_the_hundred() -> None:
    with metered() as meter:
        deliver("sample-count", *(counted(f"member {number}") for number in range(201)))
    assert meter.cost.reads == 3


def test_a_batch_of_several_messages_reads_each_by_its_name() -> None:
    bodies = [json.dumps({"name": f"n{number}"}) for number in range(4)]
    assert deliver("sample-count_all", *bodies, kinds=["Counted", "Renamed", "Closed", None]) == [2, 3]
    assert calls == [["Counted n0", "Renamed n1"]]


def test_a_record_of_several_messages_fails_once() -> None:
    entries = [
        {
            "eventTime": "1970-01-01T00:00:00.000Z",
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": "b"}, "object": {"key": key}},
        }
        for key in ("one", "two")
    ]
    test_event = '{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}'
    assert deliver("sample-look_at_all", test_event, json.dumps({"Records": entries})) == [1]
    assert calls == [["m1 one", "m1 two"]]


def test_the_log_has_the_correlation_id_that_the_messages_share() -> None:
    deliver("sample-count", counted("a", correlation_id="c1"), counted("b", correlation_id="c1"))
    deliver("sample-count", counted("a", correlation_id="c1"), counted("b", correlation_id="c2"))
    assert bound_ids[0] == "c1"
    assert bound_ids[1] not in (None, "c1", "c2")
    assert logs.current("correlation_id") is None


@settings(max_examples=examples(20))
@given(st.lists(st.sampled_from(["good", "fail", "unreadable", "gone"]), max_size=12))
def test_each_message_of_any_batch_is_handled_dropped_or_failed(batch: list[str]) -> None:
    calls.clear()
    tombstones.add("member:gone")
    failed = deliver("sample-count", *("{}" if name == "unreadable" else counted(name) for name in batch))
    assert failed == [number for number, name in enumerate(batch) if name in ("fail", "unreadable")]
    assert [name for names in calls for name in names] == [name for name in batch if name in ("good", "fail")]
