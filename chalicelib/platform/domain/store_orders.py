"""The status of an order: which may follow which, and what a change does to stock, code and customer."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from chalicelib.platform.enums import OrderStatus
from chalicelib.platform.errors import OrderTransitionRefused


class StockEffect(StrEnum):
    """What happens to the pieces that an order has reserved."""

    NONE = "none"
    FREE = "free"
    """They are for sale again."""
    TAKE = "take"
    """They leave the store."""


@dataclass(frozen=True, slots=True)
class Customer:
    """The customer of an order; the group decides about prices."""

    id: str
    customer_group: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerTotals:
    """What is added to a customer's totals; both parts may be negative. `spent` is in the store's currency."""

    orders: int
    spent: Decimal


@dataclass(frozen=True, slots=True)
class Transition:
    """The effects of a change of status. `customer`: 1 adds the order to its customer's totals, -1 takes it back."""

    stock: StockEffect = StockEffect.NONE
    frees_code: bool = False
    customer: int = 0


TRANSITIONS = {
    (OrderStatus.PENDING, OrderStatus.PAID): Transition(customer=1),
    (OrderStatus.PENDING, OrderStatus.CANCELLED): Transition(StockEffect.FREE, frees_code=True),
    (OrderStatus.PAID, OrderStatus.FULFILLED): Transition(StockEffect.TAKE),
    (OrderStatus.PAID, OrderStatus.CANCELLED): Transition(StockEffect.FREE, customer=-1),
    (OrderStatus.PAID, OrderStatus.REFUNDED): Transition(StockEffect.FREE, customer=-1),
    (OrderStatus.FULFILLED, OrderStatus.REFUNDED): Transition(customer=-1),
}
"""The changes that an order may go through. The use of a paid order's code stays; fulfilled pieces do not come back."""


def transition(current: str, requested: OrderStatus) -> Transition:
    """Return the effects of a change of status. Raises OrderTransitionRefused if it is not allowed.

    An order of an adopted database may have a status that is none of OrderStatus; it cannot change.
    """
    try:
        return TRANSITIONS[OrderStatus(current), requested]
    except (KeyError, ValueError):
        raise OrderTransitionRefused(f"The order is {current}; it cannot become {requested}.") from None
