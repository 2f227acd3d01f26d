"""Asynchronous handlers, with events as Lambda passes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chalice.app import Blueprint, Chalice

from chalicelib.kit import clock, locks, logs, tombstones
from chalicelib.kit.jobs import QueueOptions, ScheduledRun, consumes, consumes_many, scheduled
from chalicelib.kit.messages import BucketEvent, Message
from chalicelib.kit.models import Lock
from tests.kit.conftest import CaptureLog


class Sent(Message):
    to: str

    def subjects(self) -> tuple[str, ...]:
        return (f"member:{self.to}",)


handled_ids: list[Any] = []
bp = Blueprint(__name__)


@bp.on_sqs_message(queue="sample-read", name="sample-read")
@consumes(Sent)
def read(message: Sent) -> None:
    if message.to == "poison":
        raise ValueError(message.to)
    handled_ids.append((message.to, logs.current("correlation_id"), logs.current("message_id")))


@bp.on_sqs_message(queue="sample-look", name="sample-look")
@consumes(BucketEvent)
def look(message: BucketEvent) -> None:
    handled_ids.append((message.event_name, message.bucket, message.key, message.byte_count, message.sequencer))


class Opened(Message):
    by: str


class Closed(Message):
    by: str


@bp.on_sqs_message(queue="sample-follow", name="sample-follow")
@consumes(Opened, Closed, batching_window=5, maximum_concurrency=2)
def follow(message: Opened | Closed) -> None:
    handled_ids.append((type(message).__name__, message.by))


@bp.schedule("rate(1 day)", name="sample-roll_over")
@scheduled("sample-roll_over", lease_seconds=60, formerly="sample-roll")
def roll_over(run: ScheduledRun) -> None:
    handled_ids.append(run)


@bp.schedule("rate(5 minutes)", name="sample-tick")
@scheduled("sample-tick", lease_seconds=60)
def tick(run: ScheduledRun) -> None:
    handled_ids.append(run)
    if len(handled_ids) == 2:
        raise RuntimeError("the second run breaks")


app = Chalice(app_name="sample-jobs")
app.register_blueprint(bp)


@pytest.fixture(autouse=True)
def _nothing_handled() -> None:
    handled_ids.clear()


def deliver(name: str, *bodies: str) -> list[int]:
    """Deliver a batch to the handler; return the numbers of the failed messages."""
    records = [{"messageId": f"m{n}", "body": body, "receiptHandle": "r"} for n, body in enumerate(bodies)]
    response = app.handler_map[name]({"Records": records}, None)
    return [int(item["itemIdentifier"][1:]) for item in response["batchItemFailures"]]


def fire(at: datetime, name: str = "sample-tick") -> None:
    event = dict.fromkeys(("version", "account", "region", "detail", "detail-type", "source", "id"), "")
    app.handler_map[name](event | {"resources": [], "time": at.strftime("%Y-%m-%dT%H:%M:%SZ")}, None)


def sent(to: str, **values: Any) -> str:
    return Sent(to=to, **values).model_dump_json()


def test_only_failed_messages_are_redelivered() -> None:
    assert deliver("sample-read", sent("a"), sent("poison"), "not json", '{"no": "to"}', sent("b")) == [1, 2, 3]
    assert [entry[0] for entry in handled_ids] == ["a", "b"]
    assert deliver("sample-read", sent("a")) == []


def test_unknown_fields_are_ignored() -> None:
    body = sent("a").replace('"to"', '"colour":"red","to"')
    assert deliver("sample-read", body) == []


def test_the_correlation_id_is_passed_on() -> None:
    deliver("sample-read", sent("a", correlation_id="c1"), sent("b", correlation_id=None, message_id="own"))
    assert handled_ids == [("a", "c1", "m0"), ("b", "own", "m1")]
    assert logs.current("correlation_id") is None


def test_a_message_has_the_correlation_id_of_the_handled_message() -> None:
    with logs.bound(correlation_id="request-1"):
        assert Sent(to="a").correlation_id == "request-1"
    assert Sent(to="a").correlation_id is None


def test_messages_about_erased_subjects_are_dropped() -> None:
    tombstones.add("member:gone")
    assert deliver("sample-read", sent("gone"), sent("here")) == []
    assert [entry[0] for entry in handled_ids] == ["here"]


def test_failures_are_logged_without_the_message(capture_log: CaptureLog) -> None:
    with capture_log("jobs") as lines:
        deliver("sample-read", '{"to": 5, "secret": "hunter2"}')
    [line] = lines()
    assert (line["level"], line["handler"], line["message_id"]) == ("ERROR", "read", "m0")
    assert "hunter2" not in str(line)


def test_a_queue_of_several_messages_reads_each_by_its_name() -> None:
    names = ["Opened", "Closed", "Renamed", None, "Closed"]
    records = [
        {
            "messageId": f"m{number}",
            "receiptHandle": "r",
            "body": json.dumps({"by": f"user {number}"}),
            "messageAttributes": {"message_name": {"dataType": "String", "stringValue": name}} if name else {},
        }
        for number, name in enumerate(names)
    ]
    response = app.handler_map["sample-follow"]({"Records": records}, None)
    assert [item["itemIdentifier"] for item in response["batchItemFailures"]] == ["m2", "m3"]
    assert handled_ids == [("Opened", "user 0"), ("Closed", "user 1"), ("Closed", "user 4")]


BUCKET_EVENT = """{"Records": [{
  "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-west-2", "eventTime": "1970-01-01T00:00:00.000Z",
  "eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "amzn-s3-demo-bucket"}, "object": {
  "key": "uploads/Happy+Face%C3%BC.jpg", "size": 1024, "sequencer": "0055AED6DCD90281E5"}}}]}"""
"""Source: S3 user guide, event message structure."""


def test_bucket_events_reach_their_handler() -> None:
    test_event = '{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}'
    assert deliver("sample-look", BUCKET_EVENT, test_event, "{}") == [2]
    assert handled_ids == [
        ("ObjectCreated:Put", "amzn-s3-demo-bucket", "uploads/Happy Faceü.jpg", 1024, "0055AED6DCD90281E5")
    ]


FIRST = datetime(2026, 2, 28, 23, 55, tzinfo=UTC)
FIVE = timedelta(minutes=5)


def test_a_run_has_its_due_time_and_the_last_completed_run() -> None:
    fire(FIRST)
    with pytest.raises(RuntimeError):
        fire(FIRST + FIVE)
    fire(FIRST + 2 * FIVE)
    fire(FIRST + 3 * FIVE)
    assert [(run.due, run.last_completed) for run in handled_ids] == [
        (FIRST, None),
        (FIRST + FIVE, FIRST),
        (FIRST + 2 * FIVE, FIRST),
        (FIRST + 3 * FIVE, FIRST + 2 * FIVE),
    ]


def test_a_run_is_skipped_while_another_is_in_progress() -> None:
    lease = locks.acquire("schedule/sample-tick", 60)
    assert lease is not None
    fire(FIRST)
    assert handled_ids == []
    locks.release(lease)
    fire(FIRST)
    assert len(handled_ids) == 1


def test_a_killed_run_blocks_the_schedule_until_its_lease_expires() -> None:
    assert locks.acquire("schedule/sample-tick", 60)
    Lock("schedule/sample-tick").update(actions=[Lock.held_until.set(clock.now() - timedelta(seconds=1))])
    fire(FIRST)
    assert len(handled_ids) == 1


def test_a_renamed_schedule_starts_from_the_watermark_of_its_old_name() -> None:
    Lock("schedule/sample-roll", watermark=clock.iso(FIRST)).save()
    for due in (FIRST + FIVE, FIRST + 2 * FIVE):
        fire(due, "sample-roll_over")
    assert [run.last_completed for run in handled_ids] == [FIRST, FIRST + FIVE]


def test_a_handlers_declaration_can_be_read() -> None:
    assert vars(read)["func"].consumes == (Sent,)
    assert vars(follow)["func"].consumes == (Opened, Closed)
    assert vars(tick)["func"].schedule == "sample-tick"
    assert vars(read)["func"].options == QueueOptions()
    assert vars(follow)["func"].options == QueueOptions(batching_window=5, maximum_concurrency=2)


@pytest.mark.parametrize("decorator", [consumes, consumes_many])
@pytest.mark.parametrize(
    "options",
    [
        {"batching_window": -1},
        {"batching_window": 301},
        {"maximum_concurrency": 0},
        {"maximum_concurrency": 1},
        {"maximum_concurrency": 1001},
    ],
)
def test_options_outside_the_limits_of_lambda_are_refused(decorator: Any, options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        decorator(Sent, **options)
