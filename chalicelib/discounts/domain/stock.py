"""Stock figures of a SKU: days of supply, turnover, and rates of its visitors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

SALES_DAYS = 28
_CENT = Decimal("0.01")
MAX_RATE = Decimal(100)


@dataclass(frozen=True, slots=True)
class StockDay:
    """A day of a SKU: the stock after the midnights before and after it, None if unknown, and the units sold."""

    starting: int | None
    ending: int | None
    units: int

    @property
    def is_in_stock(self) -> bool:
        """Whether the SKU could be sold that day."""
        return self.units > 0 or (self.starting or 0) > 0 or (self.ending or 0) > 0


def days_of_supply(stock: int, days: Iterable[StockDay]) -> int | None:
    """Return the days that the stock lasts at the mean daily units of the days in stock, rounded down.

    None without sales.
    """
    in_stock = [day for day in days if day.is_in_stock]
    units = sum(day.units for day in in_stock)
    return max(0, stock) * len(in_stock) // units if units > 0 else None


def turnover_rate(days: Iterable[StockDay]) -> Decimal | None:
    """Return how often a year the mean stock is sold, by the units of 28 days; None without a stock."""
    listed = list(days)
    endings = [day.ending for day in listed if day.ending is not None and day.ending >= 0]
    if not sum(endings):
        return None
    units = sum(day.units for day in listed)
    rate = Decimal(units * 365 * len(endings)) / Decimal(SALES_DAYS * sum(endings))
    return rate.quantize(_CENT, ROUND_HALF_UP)


def purchase_rate(orders: int, viewers: int) -> Decimal | None:
    """Return the orders in percent of the daily visitors that viewed the SKU; None without visitors."""
    return (Decimal(100 * orders) / viewers).quantize(_CENT, ROUND_HALF_UP) if viewers > 0 else None


def abandonment_rate(orders: int, carts: int) -> Decimal | None:
    """Return 100 less the orders in percent of the daily visitors with the SKU in a cart, 0 to 100; None without."""
    rate = purchase_rate(orders, carts)
    return max(Decimal(0), MAX_RATE - rate) if rate is not None else None
