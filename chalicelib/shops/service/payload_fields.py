"""Field types of webhook payloads and Admin API nodes. A malformed lenient field is dropped, counted and logged.

It never makes the whole payload unreadable, because Shopify's payloads have far more fields than a use needs.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from chalicelib.kit import logs
from chalicelib.shops.metrics import PAYLOAD_PARTS_DROPPED

T = TypeVar("T")

_YEARS = range(1900, 3000)

log = logs.logger("shops")


class PayloadModel(BaseModel):
    """A part of a payload; unknown fields are ignored."""

    model_config = ConfigDict(defer_build=True, extra="ignore", hide_input_in_errors=True)

    @classmethod
    def parse(cls, payload: Any, topic: str) -> Self:
        """Parse a payload; count the parts that were dropped, and log their names. Raises ValidationError."""
        dropped: list[str] = []
        parsed = cls.model_validate(payload, context=dropped)
        if dropped:
            PAYLOAD_PARTS_DROPPED.count(len(dropped), topic=topic)
            log.warning("malformed parts of a payload dropped", extra={"topic": topic, "parts": sorted(set(dropped))})
        return parsed


def _none_if_malformed(value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    try:
        return None if value is None else handler(value)
    except ValidationError:
        _note_dropped(info)
        return None


def _none_if_unusable(value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    """Return None for a list item that is malformed or null, and note it as dropped."""
    if value is None:
        _note_dropped(info)
    return _none_if_malformed(value, handler, info)


def _list_or_empty(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, list):
        return value
    _note_dropped(info)
    return []


def _note_dropped(info: ValidationInfo) -> None:
    if isinstance(info.context, list):
        info.context.append(info.field_name or "item")


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


def _in_calendar(value: datetime) -> datetime:
    try:
        is_usable = value.astimezone(UTC).year in _YEARS
    except OverflowError:
        is_usable = False
    if not is_usable:
        raise ValueError(f"must be a time of the years {_YEARS.start} to {_YEARS.stop - 1}")
    return value


Lenient = Annotated[T | None, WrapValidator(_none_if_malformed)]
"""A field that is None if it is missing or malformed; give it the default None."""

Items = Annotated[list[Annotated[T | None, WrapValidator(_none_if_unusable)]], Field()]
"""A required list with None for each unusable item."""

LenientList = Annotated[Items[T], BeforeValidator(_list_or_empty)]
"""A list with None for each unusable item; empty if the list itself is null or malformed. Set the default to []."""

Id = Annotated[int, BeforeValidator(_no_boolean), Field(gt=0, lt=2**63)]
"""A numeric id of Shopify."""

Gid = Annotated[str, Field(pattern="^gid://shopify/[A-Za-z]{1,50}/[0-9]{1,19}$")]
"""A global id of Shopify."""

Quantity = Annotated[int, BeforeValidator(_no_boolean), Field(ge=0, le=10**9)]
"""A number of units. The limit is the maximum of the counters in `discounts`."""

Currency = Annotated[str, Field(pattern="^[A-Za-z]{3}$")]
"""An ISO 4217 code."""

Moment = Annotated[AwareDatetime, AfterValidator(_in_calendar)]
"""A time with a UTC offset."""

Money = Annotated[Decimal, BeforeValidator(_no_boolean), Field(ge=0, max_digits=20, decimal_places=6)]
"""An amount. The limits exclude an exponent with which arithmetic would not end."""


class _Money(PayloadModel):
    amount: Money


class MoneySet(PayloadModel):
    """An amount in the shop's currency and in the shopper's; only the first is read."""

    shop_money: _Money = Field(validation_alias=AliasChoices("shop_money", "shopMoney"))


def shop_amount(amounts: MoneySet | None) -> Decimal | None:
    """Return the amount in the shop's currency; None without one."""
    return amounts.shop_money.amount if amounts else None


def properties_by_name(properties: Any, info: ValidationInfo) -> dict[str, str]:
    """Convert a list of properties to a mapping from name (`key` in GraphQL) to value, which may be any JSON or null.

    Drops a property without a name or of another shape.
    """
    if properties is None:
        return {}
    if isinstance(properties, dict):
        return {name: _text(value) for name, value in properties.items()}
    by_name: dict[str, str] = {}
    for each in properties if isinstance(properties, list) else [None]:
        item = each if isinstance(each, dict) else {}
        name = item.get("name", item.get("key"))
        if isinstance(name, str | int | float):
            by_name[str(name)] = _text(item.get("value"))
        else:
            _note_dropped(info)
    return by_name


def _text(value: Any) -> str:
    return "" if value is None else str(value)


Properties = Annotated[dict[str, str], BeforeValidator(properties_by_name)]
"""Properties of an order line, or attributes of an order, by name. Set the default to {}."""
