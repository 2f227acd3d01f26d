"""Recommendation of the discount on a SKU that would raise its daily margin.

The figures are associations of price and units on past days, not proof; pages must state this.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from chalicelib.discounts.domain.demand import Demand, SalesDay, estimate_demand
from chalicelib.discounts.domain.elasticity import Posterior, shrink
from chalicelib.discounts.enums import MissingEvidence, Objective, RecommendationStatus

RATES = range(0, 51, 5)
"""Discounts that are compared, in percent of the list price."""

_Z95 = 1.959964
"""The normal distribution's 97.5 % quantile."""
_PRICE_TOLERANCE = 1.001
"""Paid prices are means of rounded amounts."""
_FOUR_PLACES, _CENTS = Decimal("0.0001"), Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Advice:
    """The recommendation for a SKU's price, or the missing evidence."""

    status: RecommendationStatus
    missing: tuple[MissingEvidence, ...] = ()
    elasticity: Decimal | None = None
    interval: tuple[Decimal, Decimal] | None = None
    """Of the elasticity, 95 %."""
    own_estimate: Decimal | None = None
    """The elasticity by this SKU's days alone."""
    objective: Objective | None = None
    advised_percentage: Decimal | None = None
    gain_per_day: tuple[Decimal, Decimal, Decimal] | None = None
    """Expected, lower and upper bound (95 %), in the shop's currency, against the price of the last day."""


@dataclass(frozen=True, slots=True)
class _Prices:
    """A SKU's current price, its price without discounts, and its unit cost."""

    current: float
    list_price: float
    unit_cost: float | None


def advise(histories: Iterable[tuple[str, Sequence[SalesDay]]], today: date) -> dict[str, Advice]:
    """Compute the advice for each SKU of a shop. The SKUs' elasticities inform each other where there are enough.

    The histories are taken one by one; of each, only what the advice needs stays in memory. A SKU whose predictions
    leave the range of numbers has no advice; the others keep theirs.
    """
    advice: dict[str, Advice] = {}
    estimates: dict[str, tuple[Demand, _Prices]] = {}
    for sku, days in histories:
        result = estimate_demand(days, today)
        if isinstance(result, Demand):
            estimates[sku] = result, _prices(days, result)
        else:
            advice[sku] = Advice(RecommendationStatus.INSUFFICIENT, missing=result)
    demands = [demand for demand, _ in estimates.values()]
    shrunk = shrink([each.elasticity for each in demands], [each.variance for each in demands])
    for (sku, (demand, prices)), posterior in zip(estimates.items(), shrunk.posterior, strict=True):
        try:
            advice[sku] = _advise_one(demand, posterior, prices)
        except (ArithmeticError, ValueError):
            advice[sku] = Advice(RecommendationStatus.INSUFFICIENT, missing=(MissingEvidence.OUT_OF_MODEL,))
    return advice


def _prices(days: Sequence[SalesDay], demand: Demand) -> _Prices:
    """Return the prices of the last day for which they are known; the list price is the highest that was offered."""
    ordered = sorted(days, key=lambda day: day.date)
    offered = [float(day.offered_price) for day in ordered if day.offered_price]
    costs = [float(day.unit_cost) for day in ordered if day.unit_cost is not None]
    current = offered[-1] if offered else math.exp(demand.log_prices[-1])
    return _Prices(current, max(offered, default=demand.price_range[1]), costs[-1] if costs else None)


def _advise_one(demand: Demand, posterior: Posterior, prices: _Prices) -> Advice:
    """Return the advice for a SKU. Raises ArithmeticError or ValueError if a prediction is no number of a shop."""
    margin = _Z95 * math.sqrt(posterior.variance)
    low, high = posterior.mean - margin, posterior.mean + margin
    rate, gain = max(
        ((rate, _gain(demand, posterior.mean, prices, rate)) for rate in _observed_rates(demand, prices)),
        key=lambda each: each[1],
        default=(0, 0.0),
    )
    is_advised = _decimal(gain, _CENTS) > 0
    bounds = sorted([gain, *(_gain(demand, elasticity, prices, rate) for elasticity in (low, high))])
    return Advice(
        RecommendationStatus.ADVISED if is_advised else RecommendationStatus.NO_GAIN,
        elasticity=_decimal(posterior.mean, _FOUR_PLACES),
        interval=(_decimal(low, _FOUR_PLACES), _decimal(high, _FOUR_PLACES)),
        own_estimate=_decimal(demand.elasticity, _FOUR_PLACES),
        objective=Objective.REVENUE if prices.unit_cost is None else Objective.MARGIN,
        advised_percentage=Decimal(rate) if is_advised else None,
        gain_per_day=(_decimal(gain, _CENTS), _decimal(bounds[0], _CENTS), _decimal(bounds[-1], _CENTS))
        if is_advised
        else None,
    )


def _observed_rates(demand: Demand, prices: _Prices) -> list[int]:
    """Return the rates whose prices the shop has had; other prices are not predicted."""
    lowest, highest = demand.price_range
    return [
        rate for rate in RATES if lowest / _PRICE_TOLERANCE <= _discounted(prices, rate) <= highest * _PRICE_TOLERANCE
    ]


def _discounted(prices: _Prices, rate: int) -> float:
    return prices.list_price * (100 - rate) / 100


def _gain(demand: Demand, elasticity: float, prices: _Prices, rate: int) -> float:
    """Return the change of a day's margin (or revenue) against the current price."""
    cost = prices.unit_cost or 0.0
    discounted = _discounted(prices, rate)
    now = demand.daily_units(elasticity, prices.current) * (prices.current - cost)
    return demand.daily_units(elasticity, discounted) * (discounted - cost) - now


def _decimal(value: float, step: Decimal) -> Decimal:
    """Round half up. Raises ArithmeticError if the value is not finite or has too many digits."""
    if not math.isfinite(value):
        raise OverflowError("the value is not finite")
    return Decimal(repr(value)).quantize(step, rounding=ROUND_HALF_UP) + 0
