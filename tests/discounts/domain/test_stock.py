"""Days of supply, turnover and rates."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chalicelib.discounts.domain.stock import (
    StockDay,
    abandonment_rate,
    days_of_supply,
    purchase_rate,
    turnover_rate,
)


def test_the_supply_lasts_by_the_mean_of_the_days_in_stock() -> None:
    days = [StockDay(10, 7, 3), StockDay(7, 7, 0), StockDay(0, 0, 0), StockDay(None, None, 2)]
    assert days_of_supply(7, days) == 4  # 5 units in 3 days
    assert days_of_supply(-2, days) == 0
    assert days_of_supply(7, [StockDay(7, 7, 0)]) is None
    assert days_of_supply(7, []) is None


def test_the_turnover_is_that_of_a_year() -> None:
    days = [StockDay(20, 10, 10), StockDay(10, None, 4), StockDay(10, 20, 0)]
    assert turnover_rate(days) == Decimal("12.17")  # 14 units in 28 days, 15 in stock on average
    assert turnover_rate([StockDay(0, 0, 3)]) is None
    assert turnover_rate([]) is None


@pytest.mark.parametrize(
    ("orders", "visitors", "purchases", "abandoned"),
    [(1, 3, "33.33", "66.67"), (0, 3, "0.00", "100.00"), (5, 3, "166.67", "0"), (5, 0, None, None)],
)
def test_rates_are_percentages_of_measured_visitors(
    orders: int, visitors: int, purchases: str | None, abandoned: str | None
) -> None:
    assert purchase_rate(orders, visitors) == (Decimal(purchases) if purchases else None)
    assert abandonment_rate(orders, visitors) == (Decimal(abandoned) if abandoned else None)
