"""Amounts between Stripe's minor units and exact decimals.

Source: docs.stripe.com/currencies: zero-decimal currencies, three-decimal currencies (the last digit must be 0) and
special cases (ISK and UGX have no minor unit any more, but are still written with two decimals, always 00).
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

_ZERO_DECIMAL = {
    *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"),
    *("PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"),
}
_THREE_DECIMAL = {"BHD", "JOD", "KWD", "OMR", "TND"}
MOST_MINOR = 99_999_999
"""Amounts have eight digits at most (docs.stripe.com/currencies, minimum and maximum charge amounts)."""
_WHOLE_UNITS_ONLY = {"ISK", "UGX"}

_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
"""Digits enough that only the last step rounds, whatever the amount."""


def decimals(currency: str) -> int:
    """How many decimals Stripe's amounts of the ISO 4217 `currency` have."""
    code = currency.upper()
    return 0 if code in _ZERO_DECIMAL else 3 if code in _THREE_DECIMAL else 2


def from_minor(amount: int | Decimal, currency: str) -> Decimal:
    """1999 USD-cents are 19.99: with the currency's decimals."""
    return Decimal(amount).scaleb(-decimals(currency))


def padded(amount: Decimal, currency: str) -> Decimal:
    """The amount with at least the currency's decimals: the store drops trailing zeros."""
    exponent = Decimal(1).scaleb(-decimals(currency))
    return amount if amount != amount.quantize(exponent) else amount.quantize(exponent)


def step(currency: str) -> Decimal:
    """The smallest amount that can be charged: 0.01 USD, 1 JPY, 0.01 KWD, 1 ISK."""
    return from_minor(_minor_step(currency), currency)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The nearest amount that can be charged, halves away from zero, with the currency's decimals."""
    steps = _EXACT.divide(amount, step(currency)).quantize(Decimal(1), context=_EXACT)
    return from_minor(steps * _minor_step(currency), currency)


def to_minor(amount: Decimal, currency: str) -> int:
    """19.99 USD are 1999 cents. Raises ValueError for an amount that Stripe cannot charge in that currency."""
    minor, least = amount.scaleb(decimals(currency)), _minor_step(currency)
    if minor % least:
        raise ValueError(f"{amount} {currency.upper()} cannot be charged: not a multiple of {least} minor units")
    return int(minor)


def _minor_step(currency: str) -> int:
    code = currency.upper()
    return 100 if code in _WHOLE_UNITS_ONLY else 10 if code in _THREE_DECIMAL else 1
