"""The rules for one event as a sender writes it. Each event is judged alone: an invalid one is refused, the rest count."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from chalicelib.analytics.enums import CollectedType

MAX_DATA_BYTES = 4_000
MAX_DATA_DEPTH = 3
"""Objects and lists inside each other, `data` itself included."""
MAX_VERSION = 2**53 - 1
"""The largest whole number that JavaScript represents exactly."""
MAX_UTM = 10
VALUE_DIGITS = 38
"""Digits of a value in the lake and in DynamoDB, `VALUE_SCALE` of them after the point."""
VALUE_SCALE = 10
MIN_AT = datetime(1970, 1, 1, tzinfo=UTC)

_NAME = re.compile(r"[a-z][a-z0-9_.:-]{0,63}")
_ID = re.compile(r"[^\s@\x00-\x1f\x7f]{1,128}")
"""Ids of users and sessions; an e-mail address is none."""
_TIME_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]{0,63}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_UTM_NAME = re.compile(r"utm_[a-z_]{1,30}")


class EventRefused(ValueError):
    """The event is invalid or its sender may not send it. `code` tells the sender why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Event:
    """A valid event, as sent."""

    id: str
    type: CollectedType
    name: str
    at: datetime
    version: int = 0
    user_id: str | None = None
    session_id: str | None = None
    time_zone: str | None = None
    path: str | None = None
    referrer: str | None = None
    utm: Mapping[str, str] | None = None
    data: Mapping[str, Any] | None = None
    value: Decimal | None = None
    currency: str | None = None


def parse_event(document: Any) -> Event:
    """Return the event in a parsed JSON value. Raises EventRefused with the first reason, in the order of the fields."""
    if not isinstance(document, dict):
        raise EventRefused("not_an_object")
    if not document.keys() <= _PARSERS.keys():
        raise EventRefused("unknown_field")
    if any(document.get(name) is None for name in ("id", "type", "name", "at")):
        raise EventRefused("missing_field")
    fields = {}
    for name, parse in _PARSERS.items():
        if document.get(name) is None:
            continue
        try:
            fields[name] = parse(document[name])
        except EventRefused:
            raise
        except (ValueError, TypeError, ArithmeticError, RecursionError):
            raise EventRefused(f"invalid_{name}") from None
    return Event(**fields)


def canonical_json(value: Mapping[str, Any]) -> str:
    """Return JSON text with sorted keys, the same for equal objects. Raises ValueError for NaN and infinity."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _text(pattern: re.Pattern[str]) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError
        return _stored(value)

    return parse


def _up_to(size: int) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if not isinstance(value, str) or len(value) > size:
            raise ValueError
        return _stored(value)

    return parse


def _stored(text: str) -> str:
    """Return the text. Raises ValueError if UTF-8 cannot represent it (a lone surrogate) or if it holds NUL."""
    text.encode()
    if "\x00" in text:
        raise ValueError
    return text


def _id(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 36:
        raise ValueError
    return str(UUID(value))


def _type(value: Any) -> CollectedType:
    kind = CollectedType(value)
    if kind is CollectedType.BOT:
        raise ValueError
    return kind


def _moment(value: Any) -> datetime:
    if not isinstance(value, str) or len(value) > 40:
        raise ValueError
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None or moment < MIN_AT:
        raise ValueError
    return moment.astimezone(UTC)


def _version(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_VERSION:
        raise ValueError
    return value


def _utm(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > MAX_UTM:
        raise ValueError
    text = _up_to(200)
    if not all(_UTM_NAME.fullmatch(name) for name in value):
        raise ValueError
    return {name: text(value[name]) for name in value}


def _data(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError
    if _depth(value) > MAX_DATA_DEPTH:
        raise EventRefused("data_too_deep")
    text = canonical_json(value)
    if len(_stored(text).encode()) > MAX_DATA_BYTES:
        raise EventRefused("data_too_large")
    if "\\u0000" in text:
        raise ValueError
    return value


def _depth(value: Any) -> int:
    """Return the depth of nested objects and lists, at most one above MAX_DATA_DEPTH."""
    level, depth = [value], 0
    while level := [each for each in level if isinstance(each, (dict, list))]:
        depth += 1
        if depth > MAX_DATA_DEPTH:
            break
        level = [item for each in level for item in (each.values() if isinstance(each, dict) else each)]
    return depth


def _value(value: Any) -> Decimal:
    """Return an exact decimal of a number or its text. A JSON number with a fraction is rounded to VALUE_SCALE digits."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)) or len(str(value)) > VALUE_DIGITS + 2:
        raise ValueError
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError
        exact = Decimal(repr(value)).quantize(_UNIT, ROUND_HALF_UP, _CONTEXT)
    else:
        exact = Decimal(value)
    if not exact.is_finite() or exact != exact.quantize(_UNIT, context=_CONTEXT):
        raise ValueError
    return exact.quantize(_UNIT, context=_CONTEXT).normalize(_CONTEXT) + 0


_UNIT = Decimal(1).scaleb(-VALUE_SCALE)
_CONTEXT = Context(prec=VALUE_DIGITS, traps=[InvalidOperation])

_PARSERS: Mapping[str, Callable[[Any], Any]] = {
    "id": _id,
    "type": _type,
    "name": _text(_NAME),
    "at": _moment,
    "version": _version,
    "user_id": _text(_ID),
    "session_id": _text(_ID),
    "time_zone": _text(_TIME_ZONE),
    "path": _up_to(500),
    "referrer": _up_to(500),
    "utm": _utm,
    "data": _data,
    "value": _value,
    "currency": _text(_CURRENCY),
}
