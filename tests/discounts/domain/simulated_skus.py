"""Days of SKUs whose elasticity is known, for the tests of the advice."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta
from decimal import Decimal

from chalicelib.discounts.domain.demand import SalesDay

TODAY = date(2026, 11, 1)
PRICES = (20, 20, 18, 16, 14, 12)


def simulated_days(
    chance: random.Random, elasticity: float, days: int = 180, dispersion: float = 2.0
) -> list[SalesDay]:
    """Return days before `TODAY` with a new price each week, more sales at weekends, and a slow upward trend.

    The variance of the units is `dispersion` times their mean.
    """
    base, price, result = chance.uniform(2, 12), PRICES[0], []
    for number in range(days):
        day = TODAY - timedelta(days=days - number)
        if number % 7 == 0:
            price = chance.choice(PRICES)
        weekend = 1.3 if day.weekday() >= 5 else 1.0
        mean = base * (price / PRICES[0]) ** elasticity * weekend * math.exp(0.05 * number / 30)
        units = _poisson(chance, chance.gammavariate(mean / (dispersion - 1), dispersion - 1))
        result.append(SalesDay(day, units, Decimal(price * units), Decimal(price), 100, 90, Decimal(8)))
    return result


def _poisson(chance: random.Random, mean: float) -> int:
    """Return a Poisson number: how many exponential waits fit into `mean`."""
    count, time = 0, chance.expovariate(1)
    while time < mean:
        count, time = count + 1, time + chance.expovariate(1)
    return count
