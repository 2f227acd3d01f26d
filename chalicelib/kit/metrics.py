"""Our own metrics: each is declared once, with its alarm or the reason why it has none, and written by its declaration.

A context declares its metrics in its `metrics.py`; those of kit are at the end of this file. A metric is one line in
CloudWatch's embedded metric format on standard output, no API call. The alarms are generated from the declarations.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal

from chalicelib.kit import config

NAMESPACE = "Backroom"


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that triggers if the metric exceeds `above`. docs/runbook.md has the response under the metric's name.

    `name` follows `<prefix>-<stage>-`. A metric with a dimension has one alarm for each of its `values`, and the name
    contains `{value}`. If the schedule `written_by` writes the metric at every run, missing data triggers the alarm,
    too; `{value}` there means that the value is the schedule.
    """

    name: str
    description: str
    above: float = 0
    values: tuple[str, ...] = ()
    written_by: str | None = None
    statistic: Literal["Maximum", "Average"] = "Maximum"
    periods: int = 1
    """The number of periods of five minutes in a row in which the metric must exceed it."""


@dataclass(frozen=True, slots=True)
class NoAlarm:
    """The reason why a metric has no alarm."""

    reason: str


@dataclass(frozen=True, slots=True)
class Metric:
    """The declaration of a metric. Use few dimensions with few values (a handler, a topic)."""

    unit: ClassVar[str]
    """A unit of CloudWatch."""
    name: str
    alarm: Alarm | NoAlarm
    dimensions: tuple[str, ...] = ()


class Counter(Metric):
    """A metric that counts."""

    unit = "Count"

    def count(self, value: int = 1, /, **dimensions: str) -> None:
        """Add `value` to the metric. Raises ValueError if the dimensions are not those of the declaration."""
        write(self, value, dimensions)


class Duration(Metric):
    """A metric that measures a duration, in whole seconds."""

    unit = "Seconds"

    def record(self, value: timedelta, /, **dimensions: str) -> None:
        """Record a duration. Raises ValueError if the dimensions are not those of the declaration."""
        write(self, int(value.total_seconds()), dimensions)


def write(metric: Metric, value: int, dimensions: dict[str, str]) -> None:
    """Write a value of the metric. Raises ValueError if the dimensions are not those of the declaration."""
    if set(dimensions) != set(metric.dimensions):
        raise ValueError(f"{metric.name} has the dimensions {metric.dimensions}, not {tuple(dimensions)}")
    settings = config.settings()
    if not settings.is_live:
        return  # standard output is a terminal there
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    defaults = {"stage": settings.stage, **dimensions}
    with single_metric(
        name=metric.name, unit=MetricUnit(metric.unit), value=value, namespace=NAMESPACE, default_dimensions=defaults
    ):
        pass


MESSAGES_FAILED = Counter(
    "MessagesFailed",
    NoAlarm("A failed message is retried; its queue has alarms on age and dead letters."),
    dimensions=("handler",),
)
ROWS_UNREADABLE = Counter(
    "RowsUnreadable",
    Alarm(
        "rows-unreadable",
        "A schedule skipped rows that it cannot read: see the runbook. It processed all other rows.",
    ),
)
STEPS_FAILED = Counter(
    "StepsFailed",
    Alarm(
        "{value}-steps",
        "Steps of this schedule failed, or it does not run: see the errors in its log. The other steps were completed.",
        written_by="{value}",
    ),
    dimensions=("schedule",),
)
"""The failed steps of a schedule's batch. Each context lists its schedules with batches in BATCH_SCHEDULES."""
