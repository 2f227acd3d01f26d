"""Field types of webhook payloads. A lenient field that is malformed is dropped, counted and logged.

It never makes the whole payload unreadable, because Shopify's payloads have far more fields than a use needs.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
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

log = logs.logger("shops")


class PayloadModel(BaseModel):
    """A part of a payload; unknown fields are ignored."""

    model_config = ConfigDict(defer_build=True, extra="ignore", hide_input_in_errors=True)

    @classmethod
    def parse(cls, payload: Any, topic: str) -> Self:
        """Parse a payload; count and log the parts that were dropped. Raises ValidationError."""
        dropped: list[str] = []
        parsed = cls.model_validate(payload, context=dropped)
        if dropped:
            PAYLOAD_PARTS_DROPPED.count(len(dropped), topic=topic)
            log.warning("webhook payload has malformed parts", extra={"topic": topic, "parts": sorted(set(dropped))})
        return parsed


def _none_if_malformed(value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    try:
        return None if value is None else handler(value)
    except ValidationError:
        _note_dropped(info)
        return None


def _list_or_empty(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, list):
        return value
    if value is not None:
        _note_dropped(info)
    return []


def _note_dropped(info: ValidationInfo) -> None:
    if isinstance(info.context, list):
        info.context.append(info.field_name or "item")


Lenient = Annotated[T | None, WrapValidator(_none_if_malformed)]
"""A field that is None if it is missing or malformed; give it the default None."""

LenientList = Annotated[list[Lenient[T]], BeforeValidator(_list_or_empty)]
"""A list with None for each malformed item; empty if it is malformed itself. Give it the default []."""

Money = Annotated[Decimal, Field(ge=0, max_digits=20, decimal_places=6)]
"""An amount. The limits exclude an exponent with which arithmetic would not end."""


class _Money(PayloadModel):
    amount: Money


class MoneySet(PayloadModel):
    """An amount in the shop's currency and in the shopper's; only the first is read."""

    shop_money: _Money


def shop_amount(amounts: MoneySet | None) -> Decimal | None:
    """Return the amount in the shop's currency; None without one."""
    return amounts.shop_money.amount if amounts else None


def properties_by_name(properties: Any) -> Any:
    """Convert properties, a list of names and values, to a mapping; a value may be any JSON or null."""
    if not isinstance(properties, list):
        return properties or {}
    if not all(isinstance(each, dict) and "name" in each for each in properties):
        raise ValueError("must be a list of names and values")
    return {str(each["name"]): "" if each.get("value") is None else str(each["value"]) for each in properties}


Properties = Annotated[dict[str, str], BeforeValidator(properties_by_name)]
