"""Orders, customers and visits of a store's days, as the measures find them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from itertools import count

from chalicelib.analytics.models import DailyTraffic
from chalicelib.platform.models import Store
from chalicelib.platform.store_database.tables import ORDERS
from tests.platform.store_rows import add_row

_numbers = count(1)


def add_order(store: Store, placed_at: datetime, total: str, status: str = "pending", currency: str = "USD") -> str:
    """Insert an order and return its id."""
    amounts = dict.fromkeys(["discount_total", "tax_total", "shipping_total"], Decimal(0))
    return add_row(
        store,
        ORDERS,
        number=next(_numbers),
        status=status,
        currency=currency,
        subtotal=Decimal(total),
        total=Decimal(total),
        placed_at=placed_at,
        **amounts,
    )


def add_visits(store: Store, day: date, visits: int, computed_at: datetime) -> None:
    """Write the visits of a store's day, as analytics computes them."""
    expires = computed_at + DailyTraffic.KEEP
    DailyTraffic(
        f"store:{store.id}", day, visits=visits, generation=1, computed_at=computed_at, expires_epoch=expires
    ).save()
