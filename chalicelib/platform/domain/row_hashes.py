"""Hashes of rows in one canonical form: the same values have the same hash on PostgreSQL, MySQL and MariaDB.

Numbers are compared by value, times by their UTC microseconds, JSON by its values in any order of keys, and texts by code
points. A move hashes each row of both sides, so an encoding is chosen by the value's type, and texts have their length.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from chalicelib.platform.domain.store_values import canonical_json


def hash_row(values: Sequence[Any]) -> bytes:
    """Return the SHA-256 of a row's values, in the order of the table's columns."""
    text = "".join([_ENCODERS.get(type(value), _encode_json)(value) for value in values])
    return hashlib.sha256(text.encode()).digest()


def hash_range(digests: Iterable[bytes]) -> str:
    """Return the SHA-256, in hexadecimal, of the hashes of a range's rows in the order of their keys."""
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _encode_text(value: str) -> str:
    return f"s{len(value)}:{value}"


def _encode_decimal(value: Decimal) -> str:
    return f"d{value.normalize():f};" if value else "d0;"


def _encode_time(value: datetime) -> str:
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return f"m{utc.isoformat(timespec='microseconds')};"


def _encode_json(value: Any) -> str:
    text = json.dumps(_by_value(canonical_json(value)), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"j{len(text)}:{text}"


def _by_value(value: Any) -> Any:
    """Return a JSON value with whole numbers as integers: one server writes 1.0, another 1; one has a negative zero."""
    if isinstance(value, dict):
        return {key: _by_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_by_value(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


_ENCODERS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "n;",
    str: _encode_text,
    bool: lambda value: "b1;" if value else "b0;",
    int: lambda value: f"i{value};",
    Decimal: _encode_decimal,
    datetime: _encode_time,
}
"""How a value is written, by its type; lists and objects are JSON. A JSON column may hold a text or a number itself."""
