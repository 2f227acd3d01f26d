"""JSON values of stores as text that is the same for equal values, whichever server they were read from.

One server writes 1.0, another 1; one has a negative zero. Whole numbers below 2**63 are integers here. Larger ones are
floats: the integer of a float has digits that its server never stored.
"""

from __future__ import annotations

import json
from typing import Any

_LARGE = 2**63


def encode_document(value: Any) -> str:
    """Return a JSON value as text, with sorted keys."""
    return _ENCODER.encode(_by_value(value))


def decode_document(text: str) -> Any:
    """Return the value of a JSON text, with each number as `encode_document` writes it."""
    return _DECODER.decode(text)


def encode_decoded(value: Any) -> str:
    """Return a value of `decode_document` as `encode_document` does; its numbers are right already."""
    return _ENCODER.encode(value)


def _by_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _by_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_by_value(item) for item in value]
    if isinstance(value, float):
        return _float_by_value(value)
    return value if isinstance(value, bool) or not isinstance(value, int) else _integer_by_value(value)


def _float_by_value(value: float) -> int | float:
    return int(value) if value.is_integer() and abs(value) < _LARGE else value


def _integer_by_value(value: int) -> int | float:
    return value if abs(value) < _LARGE else float(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_DECODER = json.JSONDecoder(
    parse_float=lambda text: _float_by_value(float(text)), parse_int=lambda text: _integer_by_value(int(text))
)
