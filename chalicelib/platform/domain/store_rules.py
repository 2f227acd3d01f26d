"""Rules of single tables that a column's type does not say: normal forms, and what columns of a row allow together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from chalicelib.kit.email_addresses import is_address
from chalicelib.kit.minor_units import decimals_of

Rules = Iterator[tuple[str, str]]
"""Broken rules: the column, and words for the caller."""

_STOCK_KEY = ("product_id", "location")
_CURRENCY = re.compile("[A-Z]{3}")


def normalize_value(table: str, column: str, value: Any) -> Any:
    """Return the normal form of a value: e-mails in lower case, codes in upper case. Raises ValueError."""
    if value is None:
        return None
    if column == "currency":
        if not _CURRENCY.fullmatch(value):
            raise ValueError("must be a currency of ISO 4217, such as EUR")
    elif (table, column) == ("customers", "email"):
        value = value.lower()
        if not is_address(value):
            raise ValueError("must be an e-mail address")
    elif (table, column) == ("discounts", "code"):
        value = value.upper()
    return value


def broken_rules(table: str, row: Mapping[str, Any], currency: str) -> Rules:
    """Yield the broken rules of a whole row. `currency` is the store's."""
    if table in _RULES:
        yield from _RULES[table](row, currency)


def refused_changes(table: str, stored: Mapping[str, Any], row: Mapping[str, Any]) -> Rules:
    """Yield the columns of a row that must not change now: orders find their reserved pieces by product and location."""
    if table == "inventory" and stored["reserved"]:
        for name in _STOCK_KEY:
            if row[name] != stored[name]:
                yield name, f"cannot be changed while pieces are reserved: {stored['reserved']}"


def _of_price(row: Mapping[str, Any], _: str) -> Rules:
    yield from _in_minor_units(row, ("amount", "compare_at_amount"), row["currency"])
    yield from _in_order(row, "valid_from", "valid_to")


def _of_discount(row: Mapping[str, Any], currency: str) -> Rules:
    if row["value_type"] == "percentage":
        if row["value"] > 100:
            yield "value", "must be at most 100"
    elif row["currency"] is None:
        yield "currency", "is required for a fixed amount"
    else:
        yield from _in_minor_units(row, ("value",), row["currency"])
    yield from _in_minor_units(row, ("minimum_subtotal",), row["currency"] or currency)
    if row["usage_limit"] is not None and row["usage_limit"] < row["times_used"]:
        yield "usage_limit", f"must be at least {row['times_used']}, the times it was used"
    yield from _in_order(row, "starts_at", "ends_at")


def _of_inventory(row: Mapping[str, Any], _: str) -> Rules:
    if row["quantity"] < row["reserved"]:
        yield "quantity", f"must be at least {row['reserved']}, the reserved pieces"


def _in_minor_units(row: Mapping[str, Any], names: tuple[str, ...], currency: str) -> Rules:
    """Yield the amounts with more decimals than the currency has."""
    decimals = decimals_of(currency)
    for name in names:
        amount = row[name]
        if amount is not None and amount % Decimal(1).scaleb(-decimals):
            yield name, f"must have at most {decimals} decimals, as {currency} has"


def _in_order(row: Mapping[str, Any], first: str, last: str) -> Rules:
    """Yield the end of a window that is not after its start."""
    if row[first] is not None and row[last] is not None and row[last] <= row[first]:
        yield last, f"must be after {first}"


_RULES: Mapping[str, Callable[[Mapping[str, Any], str], Rules]] = {
    "discounts": _of_discount,
    "inventory": _of_inventory,
    "prices": _of_price,
}
