"""The metafield that the Shopify function reads: a discount's values as flat JSON.

Format: `{"v": 1, "type", "value", "minimum", "skus": {SKU: 1 | [type, value]}, "variants": {number: 1 | [type, value]},
"test": {"id", "b": [type, value]}}`; values are decimals as strings.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from chalicelib.discounts.domain.discount_terms import DiscountTerms, UnitValue, plain
from chalicelib.discounts.domain.names import variant_number

MAX_BYTES = 10_000
"""A function gets null instead of a larger metafield (shopify.dev/docs/apps/build/functions, input limits)."""


@dataclass(frozen=True, slots=True)
class TestArm:
    """A running A/B test: visitors of its arm `b` get this value instead of the discount's."""

    __test__ = False

    test_id: str
    b: UnitValue


def configuration(terms: DiscountTerms, test: TestArm | None = None) -> dict[str, Any]:
    """Return the content of the metafield."""
    skus: dict[str, Any] = {}
    variants: dict[str, Any] = {}
    for item in terms.skus:
        number = variant_number(item)
        own = terms.overrides.get(item)
        group, key = (variants, number) if number else (skus, item)
        group[key] = _pair(own) if own else 1
    content = {
        "v": 1,
        "type": terms.default.value_type.value,
        "value": plain(terms.default.value),
        "minimum": terms.minimum_quantity,
        "skus": skus,
        "variants": variants,
    }
    return content | ({"test": {"id": test.test_id, "b": _pair(test.b)}} if test else {})


def serialized(content: dict[str, Any]) -> str:
    """Return the JSON text of the metafield, as short as possible."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def bytes_over(content: dict[str, Any]) -> int:
    """Return by how many bytes the metafield is too large; 0 if it fits."""
    return max(0, len(serialized(content).encode()) - MAX_BYTES)


def _pair(value: UnitValue) -> list[str]:
    return [value.value_type.value, plain(value.value)]
