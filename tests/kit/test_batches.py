from __future__ import annotations

import logging

import pytest

from chalicelib.kit import metrics
from chalicelib.kit.batches import Batch


@pytest.fixture
def metric_calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, str]]:
    written: list[tuple[str, int, str]] = []
    monkeypatch.setattr(
        metrics, "write", lambda metric, value, by: written.append((metric.name, value, by["schedule"]))
    )
    return written


def divide(number: int) -> None:
    100 // number


def test_a_failed_item_does_not_stop_the_others(
    metric_calls: list[tuple[str, int, str]], caplog: pytest.LogCaptureFixture
) -> None:
    batch, deferred = Batch("a-schedule"), list[int]()
    with caplog.at_level(logging.ERROR):
        batch.run([1, 0, 2, 0, 3], divide, label=lambda number: f"item {number}", defer=deferred.append)
    assert batch.finish() == 3
    assert deferred == [0], "an item is not retried in one run"
    assert metric_calls == [("StepsFailed", 1, "a-schedule")]
    assert {(record.message, record.__dict__["item"]) for record in caplog.records} == {
        ("item not processed: its step failed", "item 0")
    }


def test_items_of_one_label_are_each_tried(metric_calls: list[tuple[str, int, str]]) -> None:
    batch = Batch("a-schedule")
    batch.run([0, 1, 0, 2], divide, label=lambda _: "an item")
    assert batch.finish() == 2
    assert metric_calls == [("StepsFailed", 2, "a-schedule")]


def test_the_metric_is_written_without_failures(metric_calls: list[tuple[str, int, str]]) -> None:
    assert Batch("a-schedule").finish() == 0
    assert metric_calls == [("StepsFailed", 0, "a-schedule")]


def test_a_failure_that_cannot_be_deferred_ends_the_run_after_all_items(
    metric_calls: list[tuple[str, int, str]],
) -> None:
    batch, seen_items = Batch("a-schedule"), list[int]()

    def step(number: int) -> None:
        seen_items.append(number)
        divide(number)

    batch.run([0, 1, 2], step, defer=divide)
    with pytest.raises(ZeroDivisionError):
        batch.finish()
    assert seen_items == [0, 1, 2]
    assert metric_calls == [("StepsFailed", 1, "a-schedule")]
