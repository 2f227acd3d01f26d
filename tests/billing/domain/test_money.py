"""Amounts in minor units of every currency."""

from __future__ import annotations

import ast
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.domain import money
from chalicelib.billing.domain.money import decimals, from_minor, to_minor


# docs.stripe.com/currencies: "To charge 10 USD, provide an amount value of 1000", 500 JPY: 500, 5.12 KWD: 5120,
# 5 ISK: 500, 5 UGX: 500.
@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("10", "usd", 1000), ("500", "JPY", 500), ("5.120", "KWD", 5120), ("5", "ISK", 500), ("5", "UGX", 500)],
)
def test_stripe_s_own_examples(amount: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(amount), currency) == minor
    assert from_minor(minor, currency) == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "currency"), [("0.001", "USD"), ("1.5", "JPY"), ("5.124", "KWD"), ("5.10", "ISK"), ("5.50", "UGX")]
)
def test_an_amount_that_stripe_cannot_charge_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match=currency):
        to_minor(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("amount", "currency", "nearest"),
    [
        ("65.374", "KWD", "65.370"),
        ("65.375", "KWD", "65.380"),
        ("65.5", "ISK", "66.00"),
        ("65.49", "UGX", "65.00"),
        ("0.5", "JPY", "1"),
        ("-0.005", "USD", "-0.01"),
    ],
)
def test_rounding_gives_the_nearest_chargeable_amount(amount: str, currency: str, nearest: str) -> None:
    assert str(money.rounded(Decimal(amount), currency)) == nearest


@given(
    st.decimals(min_value=-(10**9), max_value=10**9, places=6),
    st.sampled_from(["USD", "JPY", "KWD", "BHD", "ISK", "UGX", "KRW"]),
)
def test_every_rounded_amount_can_be_charged(amount: Decimal, currency: str) -> None:
    near = money.rounded(amount, currency)
    assert 2 * abs(near - amount) <= money.step(currency)
    assert from_minor(to_minor(near, currency), currency) == near


@given(st.integers(min_value=-(10**15), max_value=10**15), st.sampled_from(["USD", "EUR", "JPY", "VND", "HUF", "TWD"]))
def test_conversion_to_minor_units_and_back_is_exact(minor: int, currency: str) -> None:
    amount = from_minor(minor, currency)
    assert to_minor(amount, currency) == minor
    assert -int(amount.as_tuple().exponent) == decimals(currency)


def test_prices_below_a_cent_are_exact() -> None:
    assert from_minor(Decimal("0.25"), "usd") == Decimal("0.0025")


NO_MONEY = {"signature.py": "seconds since the epoch", "effects.py": "seconds to wait"}


def test_no_amount_is_a_float() -> None:
    """Check that billing's sources contain neither `float` nor a fractional literal."""
    floats = []
    for source in sorted(Path(money.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(source.read_text())):
            is_literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
            is_type = isinstance(node, ast.Name) and node.id == "float"
            if (is_literal or is_type) and source.name not in NO_MONEY:
                floats.append(f"{source.name}:{node.lineno}")  # type: ignore[attr-defined]
    assert floats == []
