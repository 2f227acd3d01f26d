"""Values of the stores' columns: from JSON and from query strings, and as the API shows them.

A value that is accepted means the same on PostgreSQL and MySQL: texts without NUL and without spaces at their ends (MySQL's
utf8mb4_bin ignores those when it compares), times from the year 1000 on, numbers within the smaller of both ranges.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from chalicelib.kit import clock
from chalicelib.kit.minor_units import decimals_of
from chalicelib.platform.domain.store_schema import ColumnKind, ColumnSchema

MONEY_DIGITS, MONEY_DECIMALS = 19, 4
FIRST_YEAR = 1000
"""The first year of MySQL's `datetime`."""
MAX_JSON_DEPTH = 32
_EXACT_INTEGER = 2**63
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})?")


def parse_json_value(column: ColumnSchema, value: Any) -> Any:
    """Return a value of a JSON body as the column holds it. Raises ValueError with words for the caller."""
    if value is None:
        if not column.is_nullable:
            raise ValueError("must not be null")
        return None
    return _checked(column, _PARSERS[column.kind](column, value))


def parse_text_value(column: ColumnSchema, text: str) -> Any:
    """Return a value of a query string as the column holds it. Raises ValueError with words for the caller."""
    if column.kind is ColumnKind.BOOLEAN:
        if text not in ("true", "false"):
            raise ValueError("must be true or false")
        return text == "true"
    if column.kind is ColumnKind.INTEGER:
        if not re.fullmatch("-?[0-9]{1,19}", text):
            raise ValueError("must be a whole number")
        return _in_range(column, int(text))
    return _PARSERS[column.kind](column, text)


def render_value(column: ColumnSchema, value: Any, currency: str) -> Any:
    """Return a column's value as JSON. Amounts have the decimals of the currency, more if they need them."""
    if value is None:
        return None
    if column.kind is ColumnKind.TIME:
        return clock.iso(value)
    if column.kind is ColumnKind.MONEY:
        return render_amount(value, currency)
    if column.kind is ColumnKind.JSON:
        return canonical_json(value)
    return value


def render_amount(amount: Decimal, currency: str) -> str:
    """Return an amount as text with the decimals of the currency, more if it needs them."""
    needed = -int(amount.normalize().as_tuple().exponent)
    return f"{amount:.{max(decimals_of(currency), needed)}f}"


def render_text(column: ColumnSchema, value: Any) -> str | None:
    """Return a value as text that `parse_text_value` reads, e.g. for a cursor."""
    if value is None:
        return None
    if column.kind is ColumnKind.TIME:
        return clock.iso(value)
    if column.kind is ColumnKind.BOOLEAN:
        return "true" if value else "false"
    return str(value)


def is_row_id(text: str) -> bool:
    """Return whether the text is a UUID in lower case with hyphens."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def canonical_json(value: Any) -> Any:
    """Return a JSON value with numbers in the form that they have on each server.

    PostgreSQL stores 1e16 as the integer 10000000000000000, MySQL integers from 2**64 on as floats.
    """
    if isinstance(value, dict):
        return {key: canonical_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [canonical_json(item) for item in value]
    if isinstance(value, float) and value.is_integer() and 10**15 <= abs(value) < _EXACT_INTEGER:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and not -_EXACT_INTEGER <= value < _EXACT_INTEGER:
        return float(value)
    return value


def _parse_id(_: ColumnSchema, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a UUID as text")
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError("must be a UUID") from None


def _parse_string(_: ColumnSchema, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text")
    return plain_text(value).strip()


def plain_text(text: str) -> str:
    """Return the text. Raises ValueError if a database cannot hold it."""
    if _UNSTORABLE.search(text):
        raise ValueError("must not hold NUL or half a surrogate pair")
    return text


def _parse_integer(column: ColumnSchema, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("must be a whole number")
    return _in_range(column, value)


def _in_range(column: ColumnSchema, value: int) -> int:
    if column.maximum is not None and not -column.maximum <= value <= column.maximum:
        raise ValueError(f"must be at most {column.maximum}")
    return value


def _parse_amount(_: ColumnSchema, value: Any) -> Decimal:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        raise ValueError("must be a decimal as text, such as 19.90, with at most 15 digits and 4 decimals")
    try:
        return Decimal(value)
    except InvalidOperation:
        raise ValueError("must be a decimal as text") from None


def _parse_boolean(_: ColumnSchema, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _parse_time(_: ColumnSchema, value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("must be a time as text")
    try:
        moment = clock.parse(value)
    except (ValueError, OverflowError):
        raise ValueError("must be an ISO-8601 time with an offset, such as 2026-01-31T12:00:00Z") from None
    if moment.year < FIRST_YEAR:
        raise ValueError(f"must be in the year {FIRST_YEAR} or later")
    return moment


def _parse_document(_: ColumnSchema, value: Any) -> Any:
    _require_portable(value, MAX_JSON_DEPTH)
    return canonical_json(value)


def _require_portable(value: Any, depth: int) -> None:
    """Raise ValueError if a JSON value is too deep, or cannot be stored as it is."""
    if not depth:
        raise ValueError(f"must be at most {MAX_JSON_DEPTH} levels deep")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("must hold finite numbers only")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 10**300:
        raise ValueError("must hold smaller numbers")
    if isinstance(value, str):
        plain_text(value)
    children = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    for child in children:
        _require_portable(child, depth - 1)


def _checked(column: ColumnSchema, value: Any) -> Any:
    """Return the value. Raises ValueError if it is outside of what the column allows."""
    if column.choices and value not in column.choices:
        raise ValueError(f"must be one of {', '.join(column.choices)}")
    if column.kind is ColumnKind.TEXT:
        if not value and not column.is_nullable:
            raise ValueError("must not be empty")
        if column.max_length is not None and len(value) > column.max_length:
            raise ValueError(f"must have at most {column.max_length} characters")
    if column.minimum is not None and not _is_at_least(column, value):
        raise ValueError(f"must be {'at least' if column.is_minimum_allowed else 'over'} {column.minimum}")
    return value


def _is_at_least(column: ColumnSchema, value: Any) -> bool:
    minimum = column.minimum or Decimal(0)
    return bool(value > minimum or (column.is_minimum_allowed and value == minimum))


_PARSERS: Mapping[ColumnKind, Callable[[ColumnSchema, Any], Any]] = {
    ColumnKind.ID: _parse_id,
    ColumnKind.TEXT: _parse_string,
    ColumnKind.INTEGER: _parse_integer,
    ColumnKind.MONEY: _parse_amount,
    ColumnKind.BOOLEAN: _parse_boolean,
    ColumnKind.TIME: _parse_time,
    ColumnKind.JSON: _parse_document,
}
