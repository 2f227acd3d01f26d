"""Hashes of rows in one canonical form: the same values have the same hash on PostgreSQL, MySQL and MariaDB.

Numbers are compared by value, times by their UTC microseconds, JSON by its values in any order of keys, and texts by code
points.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from chalicelib.platform.domain.store_values import canonical_json


def hash_row(values: Sequence[Any]) -> bytes:
    """Return the SHA-256 of a row's values, in the order of the table's columns."""
    text = json.dumps(
        [_canonical(value) for value in values], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).digest()


def hash_range(digests: Iterable[bytes]) -> str:
    """Return the SHA-256, in hexadecimal, of the hashes of a range's rows in the order of their keys."""
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _canonical(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return {"json": _by_value(canonical_json(value))}


def _by_value(value: Any) -> Any:
    """Return a JSON value with whole numbers as integers: one server writes 1.0, another 1; one has a negative zero."""
    if isinstance(value, dict):
        return {key: _by_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_by_value(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
