"""Exact amounts in minor units."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chalicelib.kit.minor_units import decimals_of, to_amount, to_minor_units


@pytest.mark.parametrize(("currency", "decimals"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("HUF", 2), ("ISK", 0)])
def test_decimals_follow_the_currency(currency, decimals):
    assert decimals_of(currency) == decimals


@pytest.mark.parametrize(
    ("amount", "rate", "units"),
    [
        ("1.005", "1", 101),
        ("1.0049999", "1", 100),
        ("10", "0.33333333333333333333333333333333333", 333),
        ("0.5", "0.01", 1),
    ],
)
def test_conversion_rounds_half_up(amount, rate, units):
    assert to_minor_units(Decimal(amount), 2, Decimal(rate)) == units


def test_no_digit_is_lost():
    amount = Decimal("123456789012345678901234567890.125")
    assert to_minor_units(amount, 2) == 12345678901234567890123456789013
    assert str(to_amount(12345, 2)) == "123.45"
    assert str(to_amount(5, 3)) == "0.005"
