"""Discount codes in a store's database: terms, and the counter of uses."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Update, or_, select, update

from chalicelib.platform.domain.store_discount_codes import DiscountCode
from chalicelib.platform.enums import CodeValueType
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.store_database.tables import DISCOUNTS

_TERMS = (
    DISCOUNTS.c.id,
    DISCOUNTS.c.value_type,
    DISCOUNTS.c.value,
    DISCOUNTS.c.currency,
    DISCOUNTS.c.minimum_subtotal,
    DISCOUNTS.c.usage_limit,
    DISCOUNTS.c.times_used,
    DISCOUNTS.c.starts_at,
    DISCOUNTS.c.ends_at,
    DISCOUNTS.c.is_active,
)


def find_code(
    transaction: StoreTransaction, code: str, store_currency: str, *, locked: bool = False
) -> DiscountCode | None:
    """Return the discount with this code (in its stored form), locked until the transaction ends if requested.

    The amounts of a discount without a currency are in the store's.
    """
    statement = select(*_TERMS).where(DISCOUNTS.c.code == code)
    row = transaction.connection.execute(statement.with_for_update() if locked else statement).mappings().first()
    if row is None:
        return None
    columns = dict(row) | {
        "value_type": CodeValueType(row["value_type"]),
        "currency": row["currency"] or store_currency,
    }
    return DiscountCode(**columns)


def add_use(transaction: StoreTransaction, discount_id: str, moment: datetime) -> bool:
    """Count a use of a discount. Returns False if it is at its usage limit, or deleted."""
    has_room = or_(DISCOUNTS.c.usage_limit.is_(None), DISCOUNTS.c.times_used < DISCOUNTS.c.usage_limit)
    statement = _count(discount_id, 1, moment).where(has_room)
    return transaction.connection.execute(statement).rowcount == 1


def subtract_use(transaction: StoreTransaction, discount_id: str, moment: datetime) -> None:
    """Free a use of a discount; nothing if the discount was deleted."""
    transaction.connection.execute(_count(discount_id, -1, moment).where(DISCOUNTS.c.times_used > 0))


def _count(discount_id: str, uses: int, moment: datetime) -> Update:
    return (
        update(DISCOUNTS)
        .where(DISCOUNTS.c.id == discount_id)
        .values(times_used=DISCOUNTS.c.times_used + uses, version=DISCOUNTS.c.version + 1, updated_at=moment)
    )
