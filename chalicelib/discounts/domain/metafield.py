"""The configuration of a discount that the discount function reads: a metafield in JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chalicelib.discounts.enums import ValueType

MOST_BYTES = 10_000
"""Functions do not receive a larger metafield."""
VERSION = 1
_VARIANT = "gid://shopify/ProductVariant/"


@dataclass(frozen=True, slots=True)
class ItemValue:
    """A value as configured: a percentage, or money in the shop's currency."""

    type: ValueType
    value: Decimal


@dataclass(frozen=True, slots=True)
class ValueTest:
    """A running A/B test: the carts of its variant `b` get this value in place of the discount's."""

    test_id: str
    b: ItemValue


@dataclass(frozen=True, slots=True)
class DiscountTerms:
    """The values and items of a discount; `items` and the keys of `overrides` are SKUs and GIDs of variants."""

    value: ItemValue
    items: Sequence[str]
    overrides: Mapping[str, ItemValue]
    minimum_quantity: int = 1
    test: ValueTest | None = None


def build_metafield(terms: DiscountTerms) -> dict[str, Any]:
    """Build the metafield's JSON. An override without its item is an item, too."""
    entries: dict[str, Any] = dict.fromkeys(terms.items, 1)
    entries |= {item: _pair(value) for item, value in terms.overrides.items()}
    metafield = {
        "v": VERSION,
        "type": str(terms.value.type),
        "value": _text(terms.value.value),
        "minimum": terms.minimum_quantity,
        "skus": {item: entry for item, entry in entries.items() if not item.startswith(_VARIANT)},
        "variants": {item[len(_VARIANT) :]: entry for item, entry in entries.items() if item.startswith(_VARIANT)},
    }
    return metafield | ({"test": {"id": terms.test.test_id, "b": _pair(terms.test.b)}} if terms.test else {})


def metafield_json(metafield: Mapping[str, Any]) -> str:
    """Return the text of a metafield, without spaces."""
    return json.dumps(metafield, ensure_ascii=False, separators=(",", ":"))


def bytes_over(metafield: Mapping[str, Any]) -> int:
    """Return by how many bytes of UTF-8 the metafield is too large; 0 if functions receive it."""
    return max(0, len(metafield_json(metafield).encode()) - MOST_BYTES)


def _pair(value: ItemValue) -> list[str]:
    return [str(value.type), _text(value.value)]


def _text(value: Decimal) -> str:
    return format(value, "f")
