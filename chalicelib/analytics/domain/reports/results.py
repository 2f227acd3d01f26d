"""The results of reports, from the rows of their queries. Athena returns every value as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from chalicelib.analytics.domain.reports.questions import FunnelQuestion, Period, RetentionQuestion

Row = Mapping[str, Any]

_MILLI = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class StepResult:
    """The persons that reached a step, and the seconds from the step before; None at the first, or without persons."""

    name: str
    reached: int
    average_seconds: Decimal | None
    median_seconds: Decimal | None


@dataclass(frozen=True, slots=True)
class RetentionRow:
    """The persons that start in a period, then those that return in each later one; None if it has not begun.

    `complete`: the period lies in the range with all its days, and is over.
    """

    date: date
    values: Sequence[int | None]
    complete: bool


def funnel_result(question: FunnelQuestion, rows: Iterable[Row]) -> list[StepResult]:
    """Return a result for each step. In an unordered funnel, step N is the N-th that a person did."""
    by_step = {int(row["step"]): row for row in rows}
    return [_step(number, step.name, by_step.get(number)) for number, step in enumerate(question.steps, 1)]


def funnel_results_by_day(question: FunnelQuestion, rows: Iterable[Row]) -> dict[date, list[StepResult]]:
    """Return the results of a query by day, for the days on which an attempt begins."""
    by_day: dict[date, list[Row]] = {}
    for row in rows:
        by_day.setdefault(_date(row["day"]), []).append(row)
    return {day: funnel_result(question, of_day) for day, of_day in by_day.items()}


def _step(number: int, name: str, row: Row | None) -> StepResult:
    if row is None:
        return StepResult(name, 0, None, None)
    reached = int(row["reached"])
    if number == 1:
        return StepResult(name, reached, None, None)
    middle = int(row["low_ms"]) + int(row["high_ms"])
    return StepResult(name, reached, _seconds(Decimal(int(row["total_ms"])) / reached), _seconds(Decimal(middle) / 2))


def _seconds(milliseconds: Decimal) -> Decimal:
    return (milliseconds / 1000).quantize(_MILLI, ROUND_HALF_UP)


def retention_result(question: RetentionQuestion, rows: Iterable[Row], today: date) -> list[RetentionRow]:
    """Return a row for each period of the range; `today` is the site's date."""
    counts = {(_date(row["start_period"]), _date(row["return_period"])): int(row["persons"]) for row in rows}
    periods = list(_periods(question))
    return [
        RetentionRow(
            start,
            [counts.get((start, later), 0) if later <= today else None for later in periods[number:]],
            complete=question.first_day <= start and _is_over(start, question, today),
        )
        for number, start in enumerate(periods)
    ]


def period_of(day: date, period: Period) -> date:
    """Return the first day of the period with this day."""
    if period is Period.DAY:
        return day
    return day.replace(day=1) if period is Period.MONTH else day - timedelta(days=day.weekday())


def next_period(start: date, period: Period) -> date:
    """Return the first day of the next period."""
    if period is Period.MONTH:
        return (start + timedelta(days=31)).replace(day=1)
    return start + timedelta(days=1 if period is Period.DAY else 7)


def _periods(question: RetentionQuestion) -> Iterable[date]:
    start = period_of(question.first_day, question.period)
    while start <= question.last_day:
        yield start
        start = next_period(start, question.period)


def _is_over(start: date, question: RetentionQuestion, today: date) -> bool:
    end = next_period(start, question.period)
    return end <= today and end - timedelta(days=1) <= question.last_day


def _date(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
