"""The lines of an order and their discount allocations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Application:
    """A discount of an order as Shopify names it: a code, or the title of one without."""

    title: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Allocation:
    """The amount that an application takes off a line's whole quantity, in shop money."""

    application: Application | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an order. `item` is its SKU, else its variant's GID; None if it has neither."""

    line_id: str
    item: str | None
    quantity: int
    current_quantity: int
    price: Decimal
    """Of one unit before discounts, in shop money."""
    gift_card: bool = False
    variant_id: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class SnapshotLine:
    """A line as a message has it."""

    line: Line
    allocations: tuple[Allocation, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """One discount's amount off a line's whole quantity; `discount_id` is None for a discount that is not ours."""

    discount_id: str | None
    value_type: str | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class OrderLineState:
    """A line whose allocations are attributed to discounts."""

    line: Line
    shares: tuple[Share, ...] = ()

    @property
    def line_id(self) -> str:
        """The id of the line."""
        return self.line.line_id

    def left(self, returned: int) -> int:
        """Return the units that are neither removed nor refunded."""
        return max(0, min(self.line.current_quantity, self.line.quantity - returned))


Attribute = Callable[[Application], tuple[str, str] | None]
"""Returns the id and value type of our discount of an application; None for a foreign one."""


def attribute_lines(
    lines: Iterable[SnapshotLine], attribute: Attribute, stored: Mapping[str, OrderLineState]
) -> tuple[OrderLineState, ...]:
    """Return the lines with their allocations attributed.

    A discount keeps the value type that it had when the order's line was first attributed to it.
    """
    return tuple(
        OrderLineState(each.line, _shares(each.allocations, attribute, stored.get(each.line.line_id))) for each in lines
    )


def _shares(
    allocations: Iterable[Allocation], attribute: Attribute, stored: OrderLineState | None
) -> tuple[Share, ...]:
    known = {share.discount_id: share.value_type for share in stored.shares} if stored else {}
    shares = (_share(each, attribute) for each in allocations if each.amount > 0)
    return tuple(replace(share, value_type=known.get(share.discount_id) or share.value_type) for share in shares)


def _share(allocation: Allocation, attribute: Attribute) -> Share:
    discount = attribute(allocation.application) if allocation.application else None
    discount_id, value_type = discount or (None, None)
    return Share(discount_id, value_type, allocation.amount)
