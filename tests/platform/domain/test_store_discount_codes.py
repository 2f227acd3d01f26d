"""Discount codes of a store: their terms, and exact amounts in currencies with 0, 2 and 3 decimals."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.minor_units import decimals_of
from chalicelib.platform.domain.store_discount_codes import (
    DiscountCode,
    discount_lines,
    require_usable,
    spread,
    stored_form,
)
from chalicelib.platform.enums import CodeValueType
from chalicelib.platform.errors import DiscountCodeUsedUp, InvalidDiscountCode

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
PERCENT = DiscountCode("d", CodeValueType.PERCENTAGE, Decimal(10), currency="USD")
FIXED = DiscountCode("d", CodeValueType.FIXED_AMOUNT, Decimal(5), currency="USD")

line_amounts = st.lists(st.integers(0, 10**9), min_size=1, max_size=12)
currencies = st.sampled_from(["JPY", "USD", "KWD"])


def test_a_code_is_stored_in_upper_case_without_surrounding_spaces():
    assert stored_form(" autumn-10 ") == "AUTUMN-10"


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"is_active": False}, "the code is not active"),
        ({"starts_at": NOON + TICK}, "the code is not valid yet"),
        ({"ends_at": NOON}, "the code has expired"),
        ({"minimum_subtotal": Decimal("20.01")}, "the subtotal is below the code's minimum"),
        ({"value_type": CodeValueType.FIXED_AMOUNT, "currency": "EUR"}, "the code is for another currency"),
        ({"minimum_subtotal": Decimal(1), "currency": "EUR"}, "the code is for another currency"),
    ],
)
def test_a_code_is_refused_with_its_reason(columns, reason):
    with pytest.raises(InvalidDiscountCode, match=reason):
        require_usable(replace(PERCENT, **columns), Decimal(20), "USD", NOON)


def test_an_unknown_code_is_refused():
    with pytest.raises(InvalidDiscountCode, match="no discount has this code"):
        require_usable(None, Decimal(20), "USD", NOON)


def test_a_code_at_its_limit_is_used_up():
    with pytest.raises(DiscountCodeUsedUp):
        require_usable(replace(PERCENT, usage_limit=3, times_used=3), Decimal(20), "USD", NOON)


@pytest.mark.parametrize(
    "columns",
    [
        {"starts_at": NOON, "ends_at": NOON + TICK},
        {"minimum_subtotal": Decimal(20)},
        {"usage_limit": 3, "times_used": 2},
        {"currency": "EUR"},
    ],
)
def test_a_code_within_its_terms_may_be_used(columns):
    code = replace(PERCENT, **columns)
    assert require_usable(code, Decimal(20), "USD", NOON) is code


@pytest.mark.parametrize(
    ("lines", "value", "discounts"),
    [([5], "10", [1]), ([4], "10", [0]), ([15, 25], "10", [2, 3]), ([999], "33.3333", [333]), ([7], "100", [7])],
)
def test_a_percentage_is_rounded_half_up_on_each_line(lines, value, discounts):
    assert discount_lines(replace(PERCENT, value=Decimal(value)), lines, "USD") == discounts


@pytest.mark.parametrize(
    ("currency", "lines", "discounts"),
    [
        ("USD", [1000, 1000, 1000], [166, 167, 167]),
        ("USD", [1000, 1000], [250, 250]),
        ("JPY", [100, 100, 100], [1, 2, 2]),
        ("KWD", [3000, 3000, 3000], [1666, 1667, 1667]),
        ("USD", [0, 600, 0], [0, 500, 0]),
        ("USD", [0, 0], [0, 0]),
    ],
)
def test_a_fixed_amount_is_spread_and_later_lines_win_ties(currency, lines, discounts):
    assert discount_lines(replace(FIXED, currency=currency), lines, currency) == discounts


def test_a_fixed_amount_is_at_most_the_subtotal():
    assert discount_lines(FIXED, [100, 0, 50], "USD") == [100, 0, 50]


@given(line_amounts, st.decimals("0.0001", "100", places=4), currencies)
def test_a_percentage_equals_the_exact_amount_rounded_half_up(lines, value, currency):
    exact = Context(prec=60, rounding=ROUND_HALF_UP)
    discounts = discount_lines(replace(PERCENT, value=value), lines, currency)
    expected = [exact.multiply(Decimal(line), value).scaleb(-2).quantize(Decimal(1), context=exact) for line in lines]
    assert discounts == expected
    assert all(0 <= discount <= line for discount, line in zip(discounts, lines, strict=True))


@given(line_amounts, st.integers(1, 10**9), currencies)
def test_a_fixed_amount_is_spread_to_the_last_unit(lines, units, currency):
    code = replace(FIXED, currency=currency, value=Decimal(units).scaleb(-decimals_of(currency)))
    discounts = discount_lines(code, lines, currency)
    assert sum(discounts) == min(units, sum(lines))
    assert all(0 <= discount <= line for discount, line in zip(discounts, lines, strict=True))


@given(line_amounts.flatmap(lambda lines: st.tuples(st.just(lines), st.integers(0, sum(lines)))))
def test_each_extra_unit_goes_to_the_largest_remainder(case):
    lines, amount = case
    parts = spread(amount, lines)
    shares = [Fraction(amount * line, sum(lines)) if sum(lines) else Fraction(0) for line in lines]
    extras = [part - int(share) for part, share in zip(parts, shares, strict=True)]
    assert set(extras) <= {0, 1}
    ranks = [(share - int(share), position) for position, share in enumerate(shares)]
    with_unit = [rank for rank, extra in zip(ranks, extras, strict=True) if extra]
    without = [rank for rank, extra in zip(ranks, extras, strict=True) if not extra]
    assert not with_unit or not without or min(with_unit) > max(without)
