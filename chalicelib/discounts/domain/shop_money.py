"""Amounts in a shop's currency, rounded half up to its minor unit. Source: ISO 4217, minor units."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

from chalicelib.kit.minor_units import decimals_of

MAX_AMOUNT = Decimal(10) ** 15
"""The largest amount that is counted: sums of it still fit DynamoDB's 38 digits."""

NOTHING = Decimal(0)

_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
"""Enough digits so that only the last step rounds."""


def share(amount: Decimal, part: int, whole: int, currency: str) -> Decimal:
    """Return amount x part / whole, rounded half up to the currency's minor unit; `whole` is at least 1."""
    exact = _EXACT.divide(_EXACT.multiply(amount, Decimal(part)), Decimal(whole))
    return exact.quantize(Decimal(1).scaleb(-decimals_of(currency.upper())), context=_EXACT)


def require_amount(amount: Decimal) -> Decimal:
    """Return the amount. Raises ValueError if it is not a number from 0 to MAX_AMOUNT with at most 9 decimals."""
    if not amount.is_finite() or not 0 <= amount <= MAX_AMOUNT or amount != amount.quantize(Decimal("1e-9")):
        raise ValueError("not an amount of money")
    return amount
