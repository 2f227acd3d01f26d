"""Exact amounts in minor units (cents) of the currencies of ISO 4217, rounded half up."""

from __future__ import annotations

from decimal import Decimal

ZERO_DECIMALS = {
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
    *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
}
THREE_DECIMALS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
"""The currencies of ISO 4217 that do not have two decimals. The discount function has the same list."""


def decimals_of(currency: str) -> int:
    """Return the number of decimals of amounts in `currency` (ISO 4217)."""
    return 0 if currency in ZERO_DECIMALS else 3 if currency in THREE_DECIMALS else 2


def half_up(numerator: int, denominator: int) -> int:
    """Divide two integers that are not negative and round half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def to_minor_units(amount: Decimal, decimals: int, rate: Decimal = Decimal(1)) -> int:
    """Return amount × rate in minor units. Exact for any number of digits, unlike Decimal's own multiplication."""
    (amount_over, amount_under), (rate_over, rate_under) = amount.as_integer_ratio(), rate.as_integer_ratio()
    return half_up(amount_over * rate_over * int(10**decimals), amount_under * rate_under)


def to_amount(units: int, decimals: int) -> Decimal:
    """Return minor units as an amount with `decimals` decimals."""
    return Decimal(units).scaleb(-decimals)
