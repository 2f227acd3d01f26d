"""Exchange rates: one unit of a currency in the reporting currency, by day."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from chalicelib.analytics.domain.recurring_revenue import RevenueStep

MAX_AGE = timedelta(days=7)
"""A day without a rate takes the last one of the days before, at most this old."""
MAX_RATE = Decimal(10) ** 12
MAX_PLACES = 12
CSV_HEADER = ["currency", "date", "rate"]


class RateRefused(ValueError):
    """The rate, or a line of the file, is invalid. The message names the line."""


@dataclass(frozen=True, slots=True)
class DatedRate:
    """The rate of a currency on a day."""

    currency: str
    date: date
    rate: Decimal


def rate_on(rates: Mapping[date, Decimal], day: date) -> tuple[Decimal, date] | None:
    """Return the rate of a day and the day that it was entered for; None if there is none of the last MAX_AGE."""
    for age in range(MAX_AGE.days + 1):
        rated_day = day - timedelta(days=age)
        if rated_day in rates:
            return rates[rated_day], rated_day
    return None


def with_rates(steps: Iterable[RevenueStep], rates: Mapping[date, Decimal], today: date) -> tuple[RevenueStep, ...]:
    """Return the steps with the rates of their first days.

    A step keeps the rate that it has. Steps that have not begun and steps of 0 get none.
    """
    rated = []
    for step in steps:
        needs_rate = step.rate is None and step.day <= today and step.amount
        match = rate_on(rates, step.day) if needs_rate else None
        rated.append(replace(step, rate=match[0], rate_day=match[1]) if match else step)
    return tuple(rated)


def parse_rates(text: str) -> list[DatedRate]:
    """Return the rates in a CSV file with the columns `currency`, `date` and `rate`. Raises RateRefused."""
    lines = csv.reader(text.removeprefix("\ufeff").splitlines())
    if [cell.strip() for cell in next(lines, [])] != CSV_HEADER:
        raise RateRefused(f"line 1: expected {','.join(CSV_HEADER)}")
    return [_parse_line(lines.line_num, [cell.strip() for cell in cells]) for cells in lines if cells]


def checked_rate(rate: Decimal) -> Decimal:
    """Return the rate. Raises RateRefused if it is not positive, over MAX_RATE, or has over MAX_PLACES places."""
    if not rate.is_finite() or not 0 < rate <= MAX_RATE:
        raise RateRefused("the rate must be positive and at most 10^12")
    if rate != round(rate, MAX_PLACES):
        raise RateRefused(f"the rate has over {MAX_PLACES} decimal places")
    return rate


def _parse_line(number: int, cells: list[str]) -> DatedRate:
    try:
        currency, day, rate = cells
        if len(currency) != 3 or not currency.isascii() or not currency.isalpha() or not currency.isupper():
            raise RateRefused("the currency must be three capital letters")
        return DatedRate(currency, date.fromisoformat(day), checked_rate(Decimal(rate)))
    except RateRefused as error:
        raise RateRefused(f"line {number}: {error}") from None
    except (ValueError, InvalidOperation):
        raise RateRefused(f"line {number}: expected a currency, a date and a rate") from None
