"""The price of a product: the row of `prices` that holds for a customer, a quantity and a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of a product costs, in the currency's main unit. The window is [valid_from, valid_to)."""

    currency: str
    amount: Decimal
    customer_group: str | None = None
    minimum_quantity: int = 1
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a price is chosen for: the quantity is one line's, `moment` is in UTC."""

    currency: str
    quantity: int
    moment: datetime
    customer_group: str | None = None


def choose_price(prices: Iterable[Price], purchase: Purchase) -> Price | None:
    """Return the price of a purchase, None if no price holds.

    A price of the customer's group comes before one of no group, then the highest quantity, the latest `valid_from`
    (none is the earliest) and the lowest amount.
    """
    return max((price for price in prices if _holds(price, purchase)), key=_rank, default=None)


def _holds(price: Price, purchase: Purchase) -> bool:
    return (
        price.currency == purchase.currency
        and price.minimum_quantity <= purchase.quantity
        and price.customer_group in (None, purchase.customer_group)
        and (price.valid_from is None or price.valid_from <= purchase.moment)
        and (price.valid_to is None or purchase.moment < price.valid_to)
    )


def _rank(price: Price) -> tuple[bool, int, datetime, Decimal]:
    return price.customer_group is not None, price.minimum_quantity, price.valid_from or _BEGINNING, -price.amount
