"""Discounts: the reduction of a price, and the validity of a code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.domain import discounts, money
from chalicelib.billing.enums import DiscountType

NOW = datetime(2027, 3, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
prices = st.decimals(min_value=0, max_value=100_000, places=2)


@dataclass(frozen=True)
class Terms:
    is_active: bool = True
    valid_from: datetime | None = None
    expires_at: datetime | None = None
    max_uses: int | None = None
    times_used: int = 0
    applies_to: tuple[str, ...] | None = None
    discount_type: DiscountType = DiscountType.PERCENTAGE
    currency: str | None = None


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        (Terms(), None),
        (Terms(is_active=False), "no longer active"),
        (Terms(valid_from=NOW), None),
        (Terms(valid_from=NOW + TICK), "not valid yet"),
        (Terms(expires_at=NOW + TICK), None),
        (Terms(expires_at=NOW), "expired"),
        (Terms(max_uses=2, times_used=1), None),
        (Terms(max_uses=2, times_used=2), "maximum number of uses"),
        (Terms(applies_to=("a", "b")), None),
        (Terms(applies_to=("b",)), "not for this plan"),
        (Terms(applies_to=()), None),
        (Terms(discount_type=DiscountType.FIXED_AMOUNT, currency="USD"), None),
        (Terms(discount_type=DiscountType.FIXED_AMOUNT, currency="EUR"), "USD"),
    ],
)
def test_when_a_code_is_valid(terms: Terms, why: str | None) -> None:
    result = discounts.rejection_reason(terms, "a", "USD", NOW)
    assert result is None if why is None else why in str(result)
    assert discounts.rejection_reason(replace(terms, is_active=False), "a", "USD", NOW) is not None


@given(prices, st.decimals(min_value="0.01", max_value=100, places=2))
def test_a_percentage_is_rounded_to_half_a_cent_and_at_most_the_price(price: Decimal, percent: Decimal) -> None:
    off = discounts.amount_off(DiscountType.PERCENTAGE, percent, price, "USD")
    assert abs(off - price * percent / 100) <= Decimal("0.005")
    assert Decimal(0) <= off <= price
    assert off == off.quantize(Decimal("0.01"))
    assert discounts.amount_off(DiscountType.PERCENTAGE, Decimal(100), price, "USD") == price


@given(prices, prices)
def test_a_fixed_amount_is_at_most_the_price(price: Decimal, value: Decimal) -> None:
    assert discounts.amount_off(DiscountType.FIXED_AMOUNT, value, price, "USD") == min(price, value)


@pytest.mark.parametrize(
    ("currency", "price", "off"), [("JPY", "999", "333"), ("USD", "10.01", "3.33"), ("KWD", "1.000", "0.330")]
)
def test_currencies_have_their_own_minor_unit(currency: str, price: str, off: str) -> None:
    result = discounts.amount_off(DiscountType.PERCENTAGE, Decimal("33.3"), Decimal(price), currency)
    assert result == Decimal(off)
    assert result.as_tuple().exponent == -money.decimals(currency)


@pytest.mark.parametrize("typed", ["spring-24", " SPRING-24 ", "Spring-24"])
def test_codes_are_case_insensitive(typed: str) -> None:
    assert discounts.normalize_code(typed) == "SPRING-24"
