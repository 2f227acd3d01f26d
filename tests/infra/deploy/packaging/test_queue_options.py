"""The options of a queue's consumer in the templates and alarms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.kit.jobs import QueueOptions
from infra.deploy import data_stack, handlers
from infra.deploy.packaging import alarms, app_stack
from tests.infra.deploy.packaging.conftest import of_type


@pytest.fixture
def name(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a consumer with a window of 60 seconds; the others have their own."""
    first, *others = handlers.consumers()
    options = QueueOptions(batching_window=60, maximum_concurrency=7)
    consumers = [replace(first, batch_size=10_000, timeout=900, options=options), *others]
    monkeypatch.setattr(handlers, "consumers", lambda: consumers)
    return first.name


def source_of(name: str) -> dict[str, Any]:
    [function] = [
        body
        for body in app_stack.template()["Resources"].values()
        if body["Properties"].get("FunctionName") == f"backroom-test-{name}"
    ]
    [event] = function["Properties"]["Events"].values()
    source: dict[str, Any] = event["Properties"]
    return source


def test_the_event_source_has_the_window_and_the_concurrency(name: str) -> None:
    source = source_of(name)
    assert source["MaximumBatchingWindowInSeconds"] == 60
    assert source["ScalingConfig"] == {"MaximumConcurrency": 7}
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_an_event_source_without_options_has_no_window_and_the_least_concurrency(name: str) -> None:
    source = source_of("shops-check_token")
    assert source["MaximumBatchingWindowInSeconds"] == 0
    assert source["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_a_message_stays_invisible_for_the_window_and_six_timeouts(name: str) -> None:
    queues = of_type(data_stack.template(), "AWS::SQS::Queue").values()
    visible_after = {queue["QueueName"]: queue.get("VisibilityTimeout") for queue in queues}
    assert visible_after[f"backroom-test-{name}"] == 6 * 900 + 60


@pytest.mark.parametrize(("timeout", "seconds"), [(900, 2 * (6 * 900 + 60)), (10, 900 + 60)])
def test_a_queue_is_slow_only_after_its_window(
    name: str, timeout: int, seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = handlers.consumers()
    monkeypatch.setattr(handlers, "consumers", lambda: [replace(first, timeout=timeout), *others])
    [alarm] = [
        alarm
        for alarm in of_type({"Resources": alarms.resources()}, "AWS::CloudWatch::Alarm").values()
        if alarm["AlarmName"] == f"backroom-test-{name}-age"
    ]
    assert alarm["Threshold"] == seconds
