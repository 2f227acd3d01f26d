"""Discount codes: validation and the discount amount. Codes are case-insensitive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from chalicelib.billing.domain import money
from chalicelib.billing.enums import DiscountType


class DiscountTerms(Protocol):
    """The fields of a discount code that validation reads."""

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
    """Return the stored form of a code: upper case, without surrounding spaces."""
    return code.strip().upper()


def rejection_reason(terms: DiscountTerms, plan: str, currency: str, now: datetime) -> str | None:
    """Return the reason why the code is not valid for the plan and currency now, as text; None if it is valid."""
    if not terms.is_active:
        return "it is no longer active"
    if terms.valid_from and now < terms.valid_from:
        return "it is not valid yet"
    if terms.expires_at and now >= terms.expires_at:
        return "it has expired"
    if terms.max_uses is not None and terms.times_used >= terms.max_uses:
        return "it has reached its maximum number of uses"
    if terms.applies_to and plan not in terms.applies_to:
        return "it is not for this plan"
    if terms.discount_type is DiscountType.FIXED_AMOUNT and terms.currency != currency:
        return f"it is not for prices in {currency}"
    return None


def amount_off(discount_type: DiscountType, value: Decimal, price: Decimal, currency: str) -> Decimal:
    """Return the discount on a price, at most the price.

    A percentage is rounded half up to an amount that Stripe can charge in the currency.
    """
    if discount_type is DiscountType.PERCENTAGE:
        value = money.rounded(price * value / 100, currency)
    return min(price, value)
