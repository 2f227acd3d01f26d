"""Hashes of rows in one canonical form: the same values have the same hash on PostgreSQL, MySQL and MariaDB.

Numbers are compared by value, times by their UTC microseconds, JSON by its values in any order of keys, and texts by code
points. A move hashes each row of both sides, so an encoding is chosen by the value's type, and texts have their length.
PostgreSQL's texts of values have hashes without becoming values: two equal texts are one value, and are hashed once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from chalicelib.platform.domain.json_documents import decode_document, encode_decoded, encode_document
from chalicelib.platform.domain.store_schema import ColumnKind

TIME_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00" BC'
"""How PostgreSQL writes a time in UTC as text here, whatever its server's style of dates is; it reads that text, too."""
_ERA = " AD"


def hash_row(values: Sequence[Any]) -> bytes:
    """Return the SHA-256 of a row's values, in the order of the table's columns."""
    text = "".join([_ENCODERS.get(type(value), _encode_json)(value) for value in values])
    return hashlib.sha256(text.encode()).digest()


def hash_texts(kinds: Sequence[ColumnKind], texts: Sequence[str | None]) -> bytes:
    """Return the hash that `hash_row` gives of the values that PostgreSQL writes as these texts.

    A time is in TIME_FORMAT. `kinds`: of the columns.
    """
    encoded = ["n;" if text is None else _TEXT_ENCODERS[kind](text) for kind, text in zip(kinds, texts, strict=True)]
    return hashlib.sha256("".join(encoded).encode()).digest()


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
    text = encode_document(value)
    return f"j{len(text)}:{text}"


_ENCODERS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "n;",
    str: _encode_text,
    bool: lambda value: "b1;" if value else "b0;",
    int: lambda value: f"i{value};",
    Decimal: _encode_decimal,
    datetime: _encode_time,
}
"""How a value is written, by its type; lists and objects are JSON. A JSON column may hold a text or a number itself."""


def _encode_document_text(text: str) -> str:
    value = decode_document(text)
    if isinstance(value, dict | list):
        encoded = encode_decoded(value)
        return f"j{len(encoded)}:{encoded}"
    return _ENCODERS.get(type(value), _encode_json)(value)


def _encode_decimal_text(text: str) -> str:
    return f"d{text.rstrip('0').rstrip('.') if '.' in text else text};"


_TEXT_ENCODERS: Mapping[ColumnKind, Callable[[str], str]] = {
    ColumnKind.ID: _encode_text,
    ColumnKind.TEXT: _encode_text,
    ColumnKind.INTEGER: lambda text: f"i{text};",
    ColumnKind.MONEY: _encode_decimal_text,
    ColumnKind.BOOLEAN: lambda text: "b1;" if text == "true" else "b0;",
    ColumnKind.TIME: lambda text: f"m{text.removesuffix(_ERA)};",
    ColumnKind.JSON: _encode_document_text,
}
"""How PostgreSQL's text of a value is written, by the column's kind."""
