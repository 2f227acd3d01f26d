"""Decimals of currencies. Source: ISO 4217, list one (minor units); Shopify's money has as many decimals."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

_NO_DECIMALS = {
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
    *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
}
_THREE_DECIMALS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
"""Enough digits so that only the last step rounds, for any amount."""


def decimals(currency: str | None) -> int:
    """Return the number of decimals of an amount in the ISO 4217 `currency`; 2 if the currency is not known yet."""
    code = (currency or "").upper()
    return 0 if code in _NO_DECIMALS else 3 if code in _THREE_DECIMALS else 2


def rounded(amount: Decimal, currency: str | None) -> Decimal:
    """Round an amount to the currency's decimals, halves away from zero."""
    return amount.quantize(Decimal(1).scaleb(-decimals(currency)), context=_EXACT)
