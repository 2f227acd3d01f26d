"""The terms of a discount: all that a merchant sets, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.discounts.enums import DiscountStatus, ValueType

FIELDS = (
    "discount_code",
    "title",
    "value_type",
    "value",
    "skus",
    "overrides",
    "minimum_quantity",
    "usage_limit",
    "once_per_customer",
    "combines_with",
    "starts_at",
    "ends_at",
    "is_active",
)
"""The columns that a merchant sets, in the order of the table."""


@dataclass(frozen=True, slots=True)
class UnitValue:
    """How the price of a unit is lowered: percent, or money in the shop's currency."""

    value_type: ValueType
    value: Decimal


@dataclass(frozen=True, slots=True)
class Combinations:
    """The other discounts that may apply to the same cart. `tags`: product discounts on the same line (Shopify Plus)."""

    product: bool = False
    order: bool = False
    shipping: bool = False
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DiscountTerms:
    """What a merchant sets. `skus` are SKUs and GIDs of variants; the window is [starts_at, ends_at)."""

    title: str
    default: UnitValue
    skus: tuple[str, ...]
    discount_code: str | None = None
    overrides: Mapping[str, UnitValue] = field(default_factory=dict)
    minimum_quantity: int = 1
    usage_limit: int | None = None
    once_per_customer: bool = False
    combines_with: Combinations = Combinations()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    is_active: bool = True


def terms_of(columns: Mapping[str, Any]) -> DiscountTerms:
    """Return the terms in the columns of FIELDS, of a row or of a request. Missing columns have their default."""
    combines = columns.get("combines_with") or {}
    return DiscountTerms(
        title=columns["title"],
        default=_unit_value(columns),
        skus=tuple(columns["skus"]),
        discount_code=columns.get("discount_code"),
        overrides={item: _unit_value(each) for item, each in (columns.get("overrides") or {}).items()},
        minimum_quantity=columns.get("minimum_quantity") or 1,
        usage_limit=columns.get("usage_limit"),
        once_per_customer=bool(columns.get("once_per_customer")),
        combines_with=Combinations(**{**combines, "tags": tuple(combines.get("tags") or ())}),
        starts_at=columns.get("starts_at"),
        ends_at=columns.get("ends_at"),
        is_active=columns.get("is_active") is not False,
    )


def _unit_value(columns: Mapping[str, Any]) -> UnitValue:
    return UnitValue(ValueType(columns["value_type"]), Decimal(plain(Decimal(columns["value"]))))


def columns_of(terms: DiscountTerms) -> dict[str, Any]:
    """Return the columns of FIELDS with these terms; a value that is not set is None."""
    combines = terms.combines_with
    return {
        "discount_code": terms.discount_code,
        "title": terms.title,
        "value_type": terms.default.value_type,
        "value": terms.default.value,
        "skus": list(terms.skus),
        "overrides": {
            item: {"value_type": each.value_type.value, "value": plain(each.value)}
            for item, each in terms.overrides.items()
        }
        or None,
        "minimum_quantity": terms.minimum_quantity,
        "usage_limit": terms.usage_limit,
        "once_per_customer": terms.once_per_customer,
        "combines_with": {
            "product": combines.product,
            "order": combines.order,
            "shipping": combines.shipping,
            "tags": list(combines.tags),
        },
        "starts_at": terms.starts_at,
        "ends_at": terms.ends_at,
        "is_active": terms.is_active,
    }


def status_at(terms: DiscountTerms, moment: datetime) -> DiscountStatus:
    """Return the status at a time. An ended discount is expired, also if it is paused."""
    if terms.ends_at is not None and terms.ends_at <= moment:
        return DiscountStatus.EXPIRED
    if not terms.is_active:
        return DiscountStatus.PAUSED
    if terms.starts_at is not None and moment < terms.starts_at:
        return DiscountStatus.SCHEDULED
    return DiscountStatus.ACTIVE


def plain(value: Decimal) -> str:
    """Return a decimal without exponent and without trailing zeros, which the database drops, too."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
