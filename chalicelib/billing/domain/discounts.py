"""Discount codes: whether one holds, and what it takes off. Codes are compared without their case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from chalicelib.billing.domain import money
from chalicelib.billing.enums import DiscountType


class DiscountTerms(Protocol):
    """What a code's row says of its use."""

    @property
    def is_active(self) -> bool: ...
    @property
    def valid_from(self) -> datetime | None: ...
    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def max_uses(self) -> int | None: ...
    @property
    def times_used(self) -> int: ...
    @property
    def applies_to(self) -> Sequence[str] | None: ...
    @property
    def discount_type(self) -> DiscountType: ...
    @property
    def currency(self) -> str | None: ...


def normalize_code(code: str) -> str:
    """The letters that a code is kept under."""
    return code.strip().upper()


def rejection_reason(terms: DiscountTerms, plan: str, currency: str, now: datetime) -> str | None:
    """Why the code cannot be used for the plan now, in words; None where it can."""
    if not terms.is_active:
        return "it is not in use any more"
    if terms.valid_from and now < terms.valid_from:
        return "it is not valid yet"
    if terms.expires_at and now >= terms.expires_at:
        return "it has expired"
    if terms.max_uses is not None and terms.times_used >= terms.max_uses:
        return "it was used as often as it may be"
    if terms.applies_to and plan not in terms.applies_to:
        return "it is not for this plan"
    if terms.discount_type is DiscountType.FIXED_AMOUNT and terms.currency != currency:
        return f"it is not for prices in {currency}"
    return None


def amount_off(discount_type: DiscountType, value: Decimal, price: Decimal, currency: str) -> Decimal:
    """What the code takes off a price: rounded half up to what can be charged, and never more than the price."""
    if discount_type is DiscountType.PERCENTAGE:
        value = money.rounded(price * value / 100, currency)
    return min(price, value)
