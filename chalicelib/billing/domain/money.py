"""Convert amounts between Stripe's minor units and exact decimals.

Source: docs.stripe.com/currencies. There are zero-decimal currencies and three-decimal currencies, whose last digit
must be 0. ISK and UGX have no minor unit, but Stripe still writes them with two decimals, always 00.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

_ZERO_DECIMAL = {
    *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"),
    *("PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"),
}
_THREE_DECIMAL = {"BHD", "JOD", "KWD", "OMR", "TND"}
MOST_MINOR = 99_999_999
"""Maximum amount in minor units: eight digits (docs.stripe.com/currencies, minimum and maximum charge amounts)."""
_WHOLE_UNITS_ONLY = {"ISK", "UGX"}

_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
"""Enough digits so that only the last step rounds, for any amount."""


def decimals(currency: str) -> int:
    """Return the number of decimals that Stripe's amounts have in the ISO 4217 `currency`."""
    code = currency.upper()
    return 0 if code in _ZERO_DECIMAL else 3 if code in _THREE_DECIMAL else 2


def from_minor(amount: int | Decimal, currency: str) -> Decimal:
    """Convert minor units to the main unit, with the currency's decimals: 1999 cents are 19.99 USD."""
    return Decimal(amount).scaleb(-decimals(currency))


def padded(amount: Decimal, currency: str) -> Decimal:
    """Return the amount with at least the currency's decimals. DynamoDB drops trailing zeros."""
    exponent = Decimal(1).scaleb(-decimals(currency))
    return amount if amount != amount.quantize(exponent) else amount.quantize(exponent)


def step(currency: str) -> Decimal:
    """Return the smallest amount that Stripe can charge: 0.01 USD, 1 JPY, 0.01 KWD, 1 ISK."""
    return from_minor(_minor_step(currency), currency)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Round to the nearest amount that Stripe can charge, halves away from zero, with the currency's decimals."""
    steps = _EXACT.divide(amount, step(currency)).quantize(Decimal(1), context=_EXACT)
    return from_minor(steps * _minor_step(currency), currency)


def to_minor(amount: Decimal, currency: str) -> int:
    """Convert the main unit to minor units: 19.99 USD are 1999 cents.

    Raises ValueError if Stripe cannot charge the amount in that currency.
    """
    minor, least = amount.scaleb(decimals(currency)), _minor_step(currency)
    if minor % least:
        raise ValueError(f"{amount} {currency.upper()} cannot be charged: not a multiple of {least} minor units")
    return int(minor)


def _minor_step(currency: str) -> int:
    code = currency.upper()
    return 100 if code in _WHOLE_UNITS_ONLY else 10 if code in _THREE_DECIMAL else 1
