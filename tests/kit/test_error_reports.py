"""Reports of unexpected errors: what they hold, and that they fail nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpx2
import pytest
from chalice.app import Blueprint, Chalice

from chalicelib.kit import error_reports, logs
from chalicelib.kit.error_reports import error_raised, masked_text, report
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.jobs import ScheduledRun, consumes, consumes_many, scheduled
from chalicelib.kit.messages import Message
from chalicelib.kit.queue_records import ReceivedMessage
from tests.kit.conftest import CaptureLog
from tests.shops.conftest import listen
from tests.timeouts import LIMIT

__all__ = ["listen"]

Read = Callable[[], list[dict[str, Any]]]
bp = Blueprint(__name__)


class Counted(Message):
    name: str


@bp.on_sqs_message(queue="sample-count", name="sample-count")
@consumes(Counted)
def count(message: Counted) -> None:
    raise ValueError(f"{message.name} has 3 errors")


@bp.on_sqs_message(queue="sample-count_all", name="sample-count_all")
@consumes_many(Counted)
def count_all(batch: Sequence[ReceivedMessage[Counted]]) -> Iterable[ReceivedMessage[Counted]]:
    raise ValueError("no batch")


@bp.on_sqs_message(queue="sample-record", name="sample-record")
@consumes(Counted, reports_errors=False)
def record(message: Counted) -> None:
    raise ValueError("broken")


@bp.schedule("rate(1 day)", name="sample-tick")
@scheduled("sample-tick", lease_seconds=60)
def tick(run: ScheduledRun) -> None:
    raise LookupError("no row")


@bp.schedule("rate(1 day)", name="sample-close")
@scheduled("sample-close", lease_seconds=60, reports_errors=False)
def close(run: ScheduledRun) -> None:
    raise LookupError("no row")


app = Chalice(app_name="sample-error-reports")
app.register_blueprint(bp)


@pytest.fixture(autouse=True)
def _nothing_sent() -> None:
    error_reports._sent.clear()


@pytest.fixture
def reports(listen: Callable[..., Read]) -> Read:
    """Return a function that reads the reports published since."""
    return listen("kit-error_raised")


def deliver(name: str, body: str) -> int:
    """Deliver a message; return the number of failed messages."""
    event = {"Records": [{"messageId": "m0", "body": body, "receiptHandle": "r"}]}
    return len(app.handler_map[name](event, None)["batchItemFailures"])


def fire(name: str) -> None:
    event = dict.fromkeys(("version", "account", "region", "detail", "detail-type", "source", "id"), "")
    with pytest.raises(LookupError):
        app.handler_map[name](event | {"resources": [], "time": "2026-11-29T00:00:00Z"}, None)


def job() -> None:
    """The function that fails where no queue and no request is needed."""


def raised(text: str, kind: type[Exception] = ValueError) -> Exception:
    try:
        raise kind(text)
    except Exception as error:
        return error


def test_an_unexpected_error_of_a_request_is_reported(sample: httpx2.Client, reports: Read) -> None:
    response = sample.get("/fail/bug", headers={"X-Correlation-Id": "Jane Doe"})
    assert response.status_code == 500
    [message] = reports()
    assert (message["type"], message["severity"], message["stage"]) == ("ValueError", "error", "test")
    assert message["message"] == "the password is <number>"
    assert message["handler"] == "tests.kit.sample_app.fail"
    assert message["frames"][0] == ["chalicelib.kit.http.endpoint", "_handle"]
    assert message["frames"][-1] == ["tests.kit.sample_app", "fail"]
    assert message["stack"].splitlines()[-1].startswith("tests.kit.sample_app.fail:")
    assert message["correlation_id"] == response.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/fail/nothing", "/fail/throttled", "/nowhere"])
def test_an_expected_error_of_a_request_is_not_reported(sample: httpx2.Client, reports: Read, path: str) -> None:
    sample.get(path)
    assert reports() == []


@pytest.mark.parametrize("name", ["sample-count", "sample-count_all"])
def test_a_failed_message_is_reported(reports: Read, name: str) -> None:
    assert deliver(name, Counted(name="x").model_dump_json()) == 1
    assert deliver(name, "not json") == 1
    function = f"tests.kit.test_error_reports.{name.partition('-')[2]}"
    assert [(each["type"], each["handler"]) for each in reports()] == [
        ("ValueError", function),
        ("ValidationError", function),
    ]


def test_a_failed_schedule_is_reported_and_fails(reports: Read) -> None:
    fire("sample-tick")
    [message] = reports()
    assert (message["type"], message["handler"]) == ("LookupError", "tests.kit.test_error_reports.tick")


def test_jobs_that_handle_errors_report_none(reports: Read) -> None:
    assert deliver("sample-record", Counted(name="x").model_dump_json()) == 1
    fire("sample-close")
    assert reports() == []


def test_an_error_is_reported_ten_times_a_minute(reports: Read) -> None:
    def burst() -> None:
        for number in range(12):
            report(raised(f"error {number}"), job)
        report(raised("another"), job)

    burst()
    assert len(reports()) == 11
    for moments in error_reports._sent.values():
        aged = [moment - 60 for moment in moments]
        moments.clear()
        moments.extend(aged)
    burst()
    assert len(reports()) == 11
    assert len(error_reports._sent) == 2


def test_a_topic_that_refuses_the_report_fails_nothing(
    sample: httpx2.Client, capture_log: CaptureLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(error_reports.ErrorRaised, "topic", "kit-no_such_topic")
    with capture_log("kit") as lines:
        assert sample.get("/fail/bug").status_code == 500
        assert deliver("sample-count", Counted(name="x").model_dump_json()) == 1
    assert [line["message"] for line in lines()] == ["error report failed: not published"] * 2


def test_a_topic_that_does_not_answer_blocks_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, answer, ended = (threading.Event() for _ in range(3))

    def hang(message: error_reports.ErrorRaised) -> None:
        begun.set()
        answer.wait(LIMIT)
        ended.set()

    monkeypatch.setattr(error_reports, "publish", hang)
    report(raised("slow"), job)
    assert not ended.is_set()
    assert begun.wait(LIMIT)
    answer.set()
    assert ended.wait(LIMIT)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("no row 4711 of 12", "no row <number> of <number>"),
        ("mail jane@example.com", "mail ***"),
        ("token shpat_abcdef failed", "token *** failed"),
        ("'Jane Doe' is no name, it can't be", "<text> is no name, it can't be"),
        ('{"name": "Jane"', "{<text>: <text>"),
        ("cut off: 'Jane Do", "cut off: <text>"),
        ("GET https://example.com/jane failed", "GET <url> failed"),
        ("shop a-b.myshopify.com is gone", "shop <shop> is gone"),
        ("f81d4fae-7dec-11d0-a765-00a0c91e6bf6 from 10.0.0.1", "<number> from <number>"),
        ("first line\nJane Doe", "first line"),
        ("", ""),
    ],
)
def test_the_text_of_an_error_is_masked(text: str, masked: str) -> None:
    assert masked_text(text) == masked


def test_a_long_text_and_a_deep_recursion_are_shortened() -> None:
    def descend() -> None:
        descend()

    with pytest.raises(RecursionError) as caught:
        descend()
    message = error_raised(caught.value, job)
    assert len(message.frames) <= 3
    assert len(error_raised(raised("word " * 10_000), job).message) == 500


def test_the_same_error_with_other_values_has_the_same_fingerprint() -> None:
    messages = [error_raised(raised(text), job) for text in ("order 1 of 'Jane'", "order 22 of 'Ann'", "no order")]
    assert messages[0].fingerprint == messages[1].fingerprint != messages[2].fingerprint
    assert error_raised(raised("order 1 of 'Jane'", KeyError), job).fingerprint != messages[0].fingerprint


def test_an_error_that_a_retry_may_cure_is_a_warning() -> None:
    assert error_raised(raised("busy", Unavailable), job).severity == "warning"


def test_no_value_of_the_caller_is_in_a_report() -> None:
    with logs.bound(correlation_id="jane@example.com", message_id="m1"):
        assert error_raised(raised("x"), job).correlation_id == "m1"
    assert error_raised(raised("x"), job).correlation_id is None


def test_a_cold_start_of_the_api_does_not_import_the_reports() -> None:
    code = "import sys, app; print('chalicelib.kit.error_reports' in sys.modules)"
    environment = {**os.environ, "AWS_LAMBDA_FUNCTION_NAME": "backroom-test-api"}
    process = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "False"
