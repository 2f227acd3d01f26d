"""Rates: exact quotients with four decimals."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_FOUR_DECIMALS = Decimal("0.0001")


def rate(part: int | Decimal, whole: int | Decimal) -> Decimal | None:
    """Return part / whole, rounded half up to four decimals; None if `whole` is zero."""
    return (Decimal(part) / whole).quantize(_FOUR_DECIMALS, ROUND_HALF_UP) if whole else None
