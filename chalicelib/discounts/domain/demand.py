"""Demand model: the daily units of a SKU by its price, from the days on which it could be bought."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from chalicelib.discounts.domain.elasticity import NotEstimable, quasi_poisson
from chalicelib.discounts.enums import MissingEvidence

WINDOW_DAYS = 180
MIN_DAYS = 28
MIN_UNITS = 50
MIN_GAP = 1.05
"""Two prices differ if the higher one is at least this multiple of the lower one."""
MIN_PRICE_DAYS, MIN_PRICE_UNITS = 7, 10
"""Days and units that the SKU needs at or below the lower price, and at or above the higher one."""
RECENT_DAYS = 28
"""Predictions are for the mean of these last days."""

_PRICES = (1e-4, 1e9)
_MOST_UNITS = 10**9
_MOST_ELASTIC = 100.0
"""Beyond it a price 5 % lower would sell 130 times as much: other causes than the price made the difference."""
_VARIANCES = (1e-8, 1e4)
"""Of the elasticity: it is shown with four places; with a standard error above 100 it says nothing."""
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class SalesDay:
    """A SKU's day: units left after returns, their revenue, the offered price, and stock at its beginning and end."""

    date: date
    units: int
    revenue: Decimal
    offered_price: Decimal | None = None
    starting_inventory: int | None = None
    ending_inventory: int | None = None
    unit_cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """A SKU's demand: its own elasticity, and the days from which predictions start."""

    elasticity: float
    variance: float
    log_prices: tuple[float, ...]
    other_effects: tuple[float, ...]
    """The effect of weekend and trend on the ln of each day's expected units."""
    units: int

    def daily_units(self, elasticity: float, price: float) -> float:
        """Estimate the units of a recent day at this price, if the elasticity is this one.

        The predictions for the days and prices of the estimate add up to the units that were sold.
        """
        fitted = [elasticity * x + other for x, other in zip(self.log_prices, self.other_effects, strict=True)]
        recent = self.other_effects[-RECENT_DAYS:]
        level = math.log(self.units) - _log_sum(fitted)
        return math.exp(level + elasticity * math.log(price) + _log_sum(recent) - math.log(len(recent)))

    @property
    def price_range(self) -> tuple[float, float]:
        """The lowest and the highest price of the days."""
        return math.exp(min(self.log_prices)), math.exp(max(self.log_prices))


def estimate_demand(days: Sequence[SalesDay], today: date) -> Demand | tuple[MissingEvidence, ...]:
    """Estimate the demand from the days of the window before `today`; or return the missing evidence.

    A day's price is the paid price, or the offered price if nothing was sold. Left out are days without a price, days
    without stock and days on which it ran out. Days that leave the model's range of numbers are no evidence either.
    """
    window = [day for day in days if today - timedelta(days=WINDOW_DAYS) <= day.date < today]
    priced = sorted((day for day in window if _price(day) is not None), key=lambda day: day.date)
    usable = [day for day in priced if _could_be_bought(day)]
    shortfalls = _shortfalls(priced, usable)
    if shortfalls:
        return shortfalls
    log_prices = [math.log(_price(day) or 1) for day in usable]
    others = _other_columns(usable)
    mean = sum(log_prices) / len(log_prices)
    try:
        fit = quasi_poisson(
            [day.units for day in usable], [[1.0] * len(usable), [x - mean for x in log_prices], *others]
        )
        variance = max(fit.standard_errors[1] ** 2, _VARIANCES[0])
    except NotEstimable:
        return (MissingEvidence.ONE_PRICE,)
    except (ArithmeticError, ValueError):
        return (MissingEvidence.OUT_OF_MODEL,)
    if abs(fit.coefficients[1]) > _MOST_ELASTIC or variance > _VARIANCES[1]:
        return (MissingEvidence.OUT_OF_MODEL,)
    effects = [
        sum(coefficient * value for coefficient, value in zip(fit.coefficients[2:], row, strict=True))
        for row in zip(*others, strict=True)
    ]
    return Demand(fit.coefficients[1], variance, tuple(log_prices), tuple(effects), sum(day.units for day in usable))


def _price(day: SalesDay) -> float | None:
    """Return the day's price; None if it is unknown or beyond all prices and units of a shop."""
    if not 0 <= day.units <= _MOST_UNITS:
        return None
    price = float(day.revenue) / day.units if day.units else float(day.offered_price or 0)
    return price if _PRICES[0] <= price <= _PRICES[1] else None


def _could_be_bought(day: SalesDay) -> bool:
    """Return whether sales show the demand. Units sold without stock show that the shop sells on back order."""
    if day.starting_inventory is not None and day.starting_inventory <= 0:
        return day.units > 0
    return day.ending_inventory is None or day.ending_inventory > 0


def _shortfalls(priced: Sequence[SalesDay], usable: Sequence[SalesDay]) -> tuple[MissingEvidence, ...]:
    shortfalls = []
    if len(usable) < MIN_DAYS:
        shortfalls.append(MissingEvidence.OUT_OF_STOCK if len(priced) >= MIN_DAYS else MissingEvidence.TOO_FEW_DAYS)
    if sum(day.units for day in usable) < MIN_UNITS:
        shortfalls.append(MissingEvidence.TOO_FEW_UNITS)
    low, high = _supported_price(usable), _supported_price(usable, highest=True)
    if low is None or high is None or high < low * MIN_GAP:
        shortfalls.append(MissingEvidence.ONE_PRICE)
    return tuple(shortfalls)


def _supported_price(days: Sequence[SalesDay], *, highest: bool = False) -> float | None:
    """Return the lowest price with enough days and units at or below it; with `highest`, at or above it."""
    count = units = 0
    for price, day_units in sorted(((_price(day) or 0.0, day.units) for day in days), reverse=highest):
        count, units = count + 1, units + day_units
        if count >= MIN_PRICE_DAYS and units >= MIN_PRICE_UNITS:
            return price
    return None


def _other_columns(days: Sequence[SalesDay]) -> list[list[float]]:
    """Return the columns beside the price: the trend in months and, if the days have both kinds, the weekend."""
    middle = days[len(days) // 2].date
    trend = [(day.date - middle).days / 30 for day in days]
    weekend = [float(day.date.weekday() >= _SATURDAY) for day in days]
    return [trend, weekend] if len(set(weekend)) > 1 else [trend]


def _log_sum(values: Sequence[float]) -> float:
    """Return the ln of the sum of exponentials, without leaving the range of floats."""
    largest = max(values)
    return largest + math.log(sum(math.exp(value - largest) for value in values))
