"""The contribution of an order to the figures.

A line counts with its units left, an allocation with allocation x left / quantity, half up. Gift cards and orders that
are cancelled or void contribute nothing; money refunded without lines changes nothing.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from chalicelib.discounts.domain import shop_money
from chalicelib.discounts.domain.order_lines import OrderLineState
from chalicelib.discounts.domain.order_state import OrderState

ZERO = Decimal(0)
UseKey = tuple[str, str]
"""The id of a discount and an item."""


@dataclass(slots=True)
class Use:
    """The use of one discount for one item of the order. Several lines with the item are one use."""

    value_type: str
    units: int = 0
    before: Decimal = ZERO
    amount: Decimal = ZERO
    after: Decimal = ZERO


@dataclass(slots=True)
class ItemSales:
    """The units and the revenue of an item, on lines with any discount and on lines without one."""

    units_discounted: int = 0
    units_regular: int = 0
    given: Decimal = ZERO
    revenue_discounted: Decimal = ZERO
    revenue_regular: Decimal = ZERO


@dataclass(slots=True)
class Contribution:
    """The contribution of an order."""

    is_counted: bool = False
    has_units: bool = False
    uses: dict[UseKey, Use] = field(default_factory=dict)
    items: dict[str, ItemSales] = field(default_factory=dict)
    revenue_impact: Decimal = ZERO
    """The revenue after discounts of the lines with a use, each line once."""
    savings: Decimal = ZERO
    """The savings by our discounts."""
    revenue: Decimal = ZERO


def contribution(state: OrderState | None) -> Contribution:
    """Return the order's contribution."""
    result = Contribution()
    if state is None or not state.is_counted:
        return result
    result.is_counted = True
    returned = state.returned()
    for line in state.lines:
        left = line.left(returned.get(line.line_id, 0))
        if left and not line.line.gift_card:
            _add_line(result, line, left, state.currency)
    return result


def revenue_of(state: OrderState, items: Container[str]) -> Decimal:
    """Return the order's revenue after discounts of the lines with one of these SKUs or variants."""
    lines = tuple(each for each in state.lines if each.line.item in items or each.line.variant_id in items)
    return contribution(replace(state, lines=lines)).revenue


def iterate_use_keys(state: OrderState) -> Iterator[UseKey]:
    """Iterate over the discounts and items of the order's lines, also of cancelled orders and returned lines."""
    for each in state.lines:
        for share in each.shares:
            if share.discount_id and each.line.item and not each.line.gift_card:
                yield share.discount_id, each.line.item


def _add_line(result: Contribution, line: OrderLineState, left: int, currency: str) -> None:
    before = line.line.price * left
    amounts = [shop_money.share(share.amount, left, line.line.quantity, currency) for share in line.shares]
    discounted = sum(amounts, ZERO)
    after = before - discounted
    result.has_units = True
    result.revenue += after
    if line.line.item is None:
        return
    _add_sales(result.items.setdefault(line.line.item, ItemSales()), line, left, (discounted, after))
    ours: dict[str, tuple[str, Decimal]] = {}
    for share, amount in zip(line.shares, amounts, strict=True):
        if share.discount_id:
            _, known = ours.get(share.discount_id, ("", ZERO))
            ours[share.discount_id] = (share.value_type or "", known + amount)
    for discount_id, (value_type, amount) in ours.items():
        use = result.uses.setdefault((discount_id, line.line.item), Use(value_type))
        use.units += left
        use.before += before
        use.amount += amount
        use.after += after
        result.savings += amount
    if ours:
        result.revenue_impact += after


def _add_sales(sales: ItemSales, line: OrderLineState, left: int, money: tuple[Decimal, Decimal]) -> None:
    given, after = money
    if line.shares:
        sales.units_discounted += left
        sales.given += given
        sales.revenue_discounted += after
    else:
        sales.units_regular += left
        sales.revenue_regular += after
