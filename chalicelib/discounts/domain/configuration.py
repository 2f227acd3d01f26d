"""The metafield of a discount's terms."""

from __future__ import annotations

from typing import Any

from chalicelib.discounts.domain import metafield
from chalicelib.discounts.domain.discount_terms import DiscountTerms, UnitValue
from chalicelib.discounts.domain.metafield import ItemValue, ValueTest, build_metafield


def configuration(terms: DiscountTerms, test: ValueTest | None = None) -> dict[str, Any]:
    """Return the content of the metafield, with a running test of the value if there is one."""
    return build_metafield(
        metafield.DiscountTerms(
            value=_item_value(terms.default),
            items=terms.skus,
            overrides={item: _item_value(value) for item, value in terms.overrides.items()},
            minimum_quantity=terms.minimum_quantity,
            test=test,
        )
    )


def _item_value(value: UnitValue) -> ItemValue:
    return ItemValue(value.value_type, value.value)
