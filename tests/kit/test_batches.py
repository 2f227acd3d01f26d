from __future__ import annotations

import logging

import pytest

from chalicelib.kit import metrics
from chalicelib.kit.batches import Batch


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, str]]:
    written: list[tuple[str, int, str]] = []
    monkeypatch.setattr(
        metrics, "write", lambda metric, value, by: written.append((metric.name, value, by["schedule"]))
    )
    return written


def divide(number: int) -> None:
    100 // number


def test_an_item_that_fails_ends_no_other_s(
    counted: list[tuple[str, int, str]], caplog: pytest.LogCaptureFixture
) -> None:
    batch, deferred = Batch("a-schedule"), list[int]()
    with caplog.at_level(logging.ERROR):
        batch.run([1, 0, 2, 0, 3], divide, label=lambda number: f"item {number}", defer=deferred.append)
    assert batch.finish() == 3
    assert deferred == [0], "not tried twice in a run"
    assert counted == [("StepsFailed", 1, "a-schedule")]
    assert {(record.message, record.__dict__["item"]) for record in caplog.records} == {("a step failed", "item 0")}


def test_items_of_one_label_are_each_tried(counted: list[tuple[str, int, str]]) -> None:
    batch = Batch("a-schedule")
    batch.run([0, 1, 0, 2], divide, label=lambda _: "an item")
    assert batch.finish() == 2
    assert counted == [("StepsFailed", 2, "a-schedule")]


def test_the_metric_is_written_also_when_nothing_failed(counted: list[tuple[str, int, str]]) -> None:
    assert Batch("a-schedule").finish() == 0
    assert counted == [("StepsFailed", 0, "a-schedule")]


def test_a_failure_that_cannot_be_deferred_ends_the_run_after_all_items(counted: list[tuple[str, int, str]]) -> None:
    batch, seen = Batch("a-schedule"), list[int]()

    def step(number: int) -> None:
        seen.append(number)
        divide(number)

    batch.run([0, 1, 2], step, defer=divide)
    with pytest.raises(ZeroDivisionError):
        batch.finish()
    assert seen == [0, 1, 2]
    assert counted == [("StepsFailed", 1, "a-schedule")]
