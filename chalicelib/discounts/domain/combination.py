"""Combination of the discounts that apply to a cart, by Shopify's rules, and their savings.

A line gets one product discount, the one with the largest saving. The cart gets either all discounts that combine with
other product discounts, or one that does not, whichever total is larger.
Source: https://help.shopify.com/en/manual/discounts/discount-combinations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from chalicelib.discounts.domain.evaluation import Cart, evaluate, matching_values, minimum_of, units_of
from chalicelib.kit.minor_units import decimals_of, to_amount, to_minor_units


class LeftOutReason(StrEnum):
    """Why a discount gives nothing to a cart."""

    NO_MATCHING_ITEM = "no_matching_item"
    BELOW_MINIMUM_QUANTITY = "below_minimum_quantity"
    PRICE_NOT_LOWER = "price_not_lower"
    OTHERS_SAVE_MORE = "others_save_more"
    """Each of its lines gets a larger saving from another discount."""
    NOT_COMBINABLE = "not_combinable"
    """It does not combine with the discounts that save more in total."""


@dataclass(frozen=True, slots=True)
class Applicable:
    """A discount that is in force for the cart, with its metafield."""

    discount_id: str
    metafield: Mapping[str, Any]
    combines_with_products: bool


@dataclass(frozen=True, slots=True)
class LinePreview:
    """A line's money for all of its units, and the discount that it gets."""

    before: Decimal
    amount: Decimal
    after: Decimal
    discount_id: str | None


@dataclass(frozen=True, slots=True)
class CartPreview:
    """A cart's money in its currency, and why discounts give nothing."""

    lines: Sequence[LinePreview]
    total_before: Decimal
    total_discount: Decimal
    total_after: Decimal
    left_out: Mapping[str, LeftOutReason]


@dataclass(frozen=True, slots=True)
class _Saving:
    discount_id: str
    units: int


def preview_cart(discounts: Sequence[Applicable], cart: Cart) -> CartPreview:
    """Return what the cart costs with these discounts, half up for each line. On a tie, the first one wins."""
    decimals = decimals_of(cart.currency)
    before = [to_minor_units(line.price, decimals) * line.quantity for line in cart.lines]
    savings = {discount.discount_id: line_savings(discount.metafield, cart) for discount in discounts}
    chosen = _best_group(discounts, savings)
    best = _largest_of_each_line(chosen, savings)
    amounts = [best[index].units if index in best else 0 for index in range(len(before))]
    lines = [
        LinePreview(
            before=to_amount(price, decimals),
            amount=to_amount(amount, decimals),
            after=to_amount(price - amount, decimals),
            discount_id=best[index].discount_id if index in best else None,
        )
        for index, (price, amount) in enumerate(zip(before, amounts, strict=True))
    ]
    used = {saving.discount_id for saving in best.values()}
    return CartPreview(
        lines=lines,
        total_before=to_amount(sum(before), decimals),
        total_discount=to_amount(sum(amounts), decimals),
        total_after=to_amount(sum(before) - sum(amounts), decimals),
        left_out={
            discount.discount_id: _reason(discount, cart, savings[discount.discount_id], chosen)
            for discount in discounts
            if discount.discount_id not in used
        },
    )


def line_savings(metafield: object, cart: Cart) -> dict[int, int]:
    """Return what each line saves by this discount alone, in minor units by index; only savings above 0."""
    decimals = decimals_of(cart.currency)
    savings = {
        index: candidate.saving(cart.lines[index].quantity, to_minor_units(cart.lines[index].price, decimals))
        for candidate in evaluate(metafield, cart)
        for index in candidate.indexes
    }
    return {index: units for index, units in savings.items() if units > 0}


def _best_group(discounts: Sequence[Applicable], savings: Mapping[str, Mapping[int, int]]) -> list[str]:
    """Return the ids of the discounts that the cart gets together: all that combine, or one that does not."""
    groups = [[discount.discount_id for discount in discounts if discount.combines_with_products]]
    groups += [[discount.discount_id] for discount in discounts if not discount.combines_with_products]
    return max(groups, key=lambda group: sum(best.units for best in _largest_of_each_line(group, savings).values()))


def _largest_of_each_line(group: Sequence[str], savings: Mapping[str, Mapping[int, int]]) -> dict[int, _Saving]:
    best: dict[int, _Saving] = {}
    for discount_id in group:
        for index, units in savings[discount_id].items():
            if index not in best or units > best[index].units:
                best[index] = _Saving(discount_id, units)
    return best


def _reason(discount: Applicable, cart: Cart, savings: Mapping[int, int], chosen: Sequence[str]) -> LeftOutReason:
    values = matching_values(discount.metafield, cart)
    if not values:
        return LeftOutReason.NO_MATCHING_ITEM
    if units_of(values, cart) < minimum_of(discount.metafield):
        return LeftOutReason.BELOW_MINIMUM_QUANTITY
    if not savings:
        return LeftOutReason.PRICE_NOT_LOWER
    return LeftOutReason.OTHERS_SAVE_MORE if discount.discount_id in chosen else LeftOutReason.NOT_COMBINABLE
