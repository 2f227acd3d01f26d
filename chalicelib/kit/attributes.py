"""Attribute types of the documented data model. Models use these only: PynamoDB's own lose precision or write `+0000`.

Each attribute declares `personal`: whether the column relates to a data subject. There is no default, so that a new
column cannot forget it; mypy and a TypeError reject a declaration without it. The keys of an index repeat what the
table declares.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, TypedDict, TypeVar, Unpack

from pynamodb.attributes import Attribute
from pynamodb.constants import BINARY, BOOLEAN, LIST, MAP, NUMBER, STRING, STRING_SET

from chalicelib.kit import clock

__all__ = [
    "BooleanAttribute",
    "DateAttribute",
    "DateTimeAttribute",
    "DecimalAttribute",
    "EnumAttribute",
    "ExpiryAttribute",
    "IntegerAttribute",
    "JsonAttribute",
    "MapAttribute",
    "SecretAttribute",
    "StringListAttribute",
    "StringSetAttribute",
    "UnicodeAttribute",
]

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class ColumnOptions(TypedDict, total=False):
    """The options of PynamoDB that our models use."""

    hash_key: bool
    range_key: bool
    null: bool
    attr_name: str


class ColumnAttribute(Attribute[T]):
    """The base of every attribute type. `personal`: the column relates to a data subject."""

    def __init__(
        self, *, personal: bool, default: T | Callable[[], T] | None = None, **options: Unpack[ColumnOptions]
    ) -> None:
        super().__init__(default=default, **options)
        self.personal = personal


class UnicodeAttribute(ColumnAttribute[str]):
    """A text."""

    attr_type = STRING


class BooleanAttribute(ColumnAttribute[bool]):
    """True or false."""

    attr_type = BOOLEAN

    def serialize(self, value: bool) -> bool:
        return bool(value)

    def deserialize(self, value: bool) -> bool:
        return bool(value)


class DecimalAttribute(ColumnAttribute[Decimal]):
    """An exact decimal, stored as DynamoDB's `N` (38 digits). Rejects floats."""

    attr_type = NUMBER

    def __init__(
        self,
        *,
        personal: bool,
        default: Decimal | Callable[[], Decimal] | None = None,
        **options: Unpack[ColumnOptions],
    ) -> None:
        # PynamoDB rejects a Decimal as a mutable default; a callable passes.
        factory = (lambda: default) if isinstance(default, Decimal) else default
        super().__init__(personal=personal, default=factory, **options)

    def serialize(self, value: Decimal | int) -> str:
        if isinstance(value, float):
            raise TypeError("expected an exact decimal, not a float")
        return format(Decimal(value), "f")

    def deserialize(self, value: str) -> Decimal:
        return Decimal(value)


class IntegerAttribute(ColumnAttribute[int]):
    """A whole number, DynamoDB's `N`."""

    attr_type = NUMBER

    def serialize(self, value: int) -> str:
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{type(value).__name__} is not a whole number")
        return str(value)

    def deserialize(self, value: str) -> int:
        return int(value)


class DateTimeAttribute(ColumnAttribute[datetime]):
    """An aware time as ISO-8601 UTC text with `Z` and microseconds; its text sorts by time."""

    attr_type = STRING

    def serialize(self, value: datetime) -> str:
        return clock.iso(value)

    def deserialize(self, value: str) -> datetime:
        return clock.parse(value)


class ExpiryAttribute(ColumnAttribute[datetime]):
    """The time at which DynamoDB's TTL may delete the row, in epoch seconds."""

    attr_type = NUMBER

    def serialize(self, value: datetime) -> str:
        return str(int(value.timestamp()))

    def deserialize(self, value: str) -> datetime:
        return datetime.fromtimestamp(int(value), UTC)


class DateAttribute(ColumnAttribute[date]):
    """A calendar day, `YYYY-MM-DD`."""

    attr_type = STRING

    def serialize(self, value: date) -> str:
        return value.isoformat()

    def deserialize(self, value: str) -> date:
        return date.fromisoformat(value)


class EnumAttribute(ColumnAttribute[E], Generic[E]):
    """One value of a string enum; rejects any other."""

    attr_type = STRING

    def __init__(
        self,
        kind: type[E],
        *,
        personal: bool,
        default: E | Callable[[], E] | None = None,
        **options: Unpack[ColumnOptions],
    ) -> None:
        super().__init__(personal=personal, default=default, **options)
        self.kind = kind

    def serialize(self, value: E) -> str:
        return self.kind(value).value

    def deserialize(self, value: str) -> E:
        return self.kind(value)


class JsonAttribute(ColumnAttribute[Any]):
    """Any JSON value, stored as text. Decimals are written as strings, dates and times as ISO-8601."""

    attr_type = STRING

    def serialize(self, value: Any) -> str:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=_plain)

    def deserialize(self, value: str) -> Any:
        return json.loads(value)


class MapAttribute(ColumnAttribute[dict[str, Any]]):
    """A map whose values conditions and updates can name (`column["key"]`): texts, whole numbers, booleans, bytes, lists."""

    attr_type = MAP

    def serialize(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return {key: _typed(item) for key, item in value.items()}

    def deserialize(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return {key: _untyped(item) for key, item in value.items()}


class StringListAttribute(ColumnAttribute[list[str]]):
    """A list of strings, in order."""

    attr_type = LIST

    def serialize(self, value: Sequence[str]) -> list[dict[str, str]]:
        return [{STRING: str(item)} for item in value]

    def deserialize(self, value: list[dict[str, str]]) -> list[str]:
        return [item[STRING] for item in value]


class StringSetAttribute(ColumnAttribute[set[str]]):
    """A set of strings, which `ADD` and `DELETE` change. DynamoDB stores no empty set: use None."""

    attr_type = STRING_SET

    def serialize(self, value: Iterable[str]) -> list[str] | None:
        return sorted(value) or None

    def deserialize(self, value: list[str]) -> set[str]:
        return set(value)


class SecretAttribute(ColumnAttribute[str]):
    """A secret encrypted by `kit.secrets.encrypt`; rejects plain text."""

    attr_type = STRING

    def serialize(self, value: str) -> str:
        if value.count(":") < 2:
            raise ValueError("a secret must be encrypted before it is stored")
        return value

    def deserialize(self, value: str) -> str:
        return value


def _typed(value: Any) -> dict[str, Any]:
    """Return a value with DynamoDB's type, as in a request. Raises TypeError for a type that a map does not hold."""
    if isinstance(value, bool):
        return {BOOLEAN: value}
    if isinstance(value, int):
        return {NUMBER: str(value)}
    if isinstance(value, bytes):
        return {BINARY: value}
    if isinstance(value, str):
        return {STRING: value}
    if isinstance(value, list):
        return {LIST: [_typed(item) for item in value]}
    raise TypeError(f"a map does not hold {type(value).__name__}")


def _untyped(typed: Mapping[str, Any]) -> Any:
    """Return the value of an attribute with DynamoDB's type."""
    [(kind, value)] = typed.items()
    if kind == NUMBER:
        return int(value)
    if kind == LIST:
        return [_untyped(item) for item in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return clock.iso(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")
