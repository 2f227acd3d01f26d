"""Amounts between Stripe's minor units and exact decimals.

Source: docs.stripe.com/currencies: zero-decimal currencies, three-decimal currencies (the last digit must be 0) and
special cases (ISK and UGX have no minor unit any more, but are still written with two decimals, always 00).
"""

from __future__ import annotations

from decimal import Decimal

_ZERO_DECIMAL = {
    *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"),
    *("PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"),
}
_THREE_DECIMAL = {"BHD", "JOD", "KWD", "OMR", "TND"}
MOST_MINOR = 99_999_999
"""Amounts have eight digits at most (docs.stripe.com/currencies, minimum and maximum charge amounts)."""
_WHOLE_UNITS_ONLY = {"ISK", "UGX"}


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


def to_minor(amount: Decimal, currency: str) -> int:
    """19.99 USD are 1999 cents. Raises ValueError for an amount that Stripe cannot charge in that currency."""
    minor, code = amount.scaleb(decimals(currency)), currency.upper()
    step = 100 if code in _WHOLE_UNITS_ONLY else 10 if code in _THREE_DECIMAL else 1
    if minor % step:
        raise ValueError(f"{amount} {code} cannot be charged: not a multiple of {step} minor units")
    return int(minor)
