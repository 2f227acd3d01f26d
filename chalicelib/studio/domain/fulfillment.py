"""Which lines of an order are printed, independent of the order and number of its messages.

Shopify sends the messages about a paid, edited, refunded or canceled order in any order, and repeats them. The facts in
them are merged commutatively and only grow; which lines are wanted follows from all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """The facts known about an order, by its lines' GIDs.

    `ordered` has quantities, `refunds` the quantities of each refund, `removed` the lines that an edit reduced to zero.
    """

    ordered: Mapping[str, int] = field(default_factory=dict)
    refunds: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()
    is_cancelled: bool = False


def add_payment(facts: OrderFacts, quantities: Mapping[str, int]) -> OrderFacts:
    """Add that the order was paid, with these quantities by line."""
    maxima = {line: max(quantity, facts.ordered.get(line, 0)) for line, quantity in quantities.items()}
    return replace(facts, ordered={**facts.ordered, **maxima})


def add_edit(facts: OrderFacts, quantities: Mapping[str, int]) -> OrderFacts:
    """Add that an edit left these quantities by line; a removed line stays removed."""
    return replace(facts, removed=facts.removed | {line for line, quantity in quantities.items() if quantity == 0})


def add_refund(facts: OrderFacts, refund: str, quantities: Mapping[str, int]) -> OrderFacts:
    """Add that the refund returned these quantities by line; a message may contain only some of its lines."""
    stored = facts.refunds.get(refund, {})
    maxima = {line: max(quantity, stored.get(line, 0)) for line, quantity in quantities.items()}
    return replace(facts, refunds={**facts.refunds, refund: {**stored, **maxima}})


def add_cancellation(facts: OrderFacts) -> OrderFacts:
    """Add that the order was canceled, which is final."""
    return replace(facts, is_cancelled=True)


def is_line_wanted(facts: OrderFacts, line: str) -> bool:
    """Return whether the line is still to be printed, by the facts known so far."""
    if facts.is_cancelled or line in facts.removed:
        return False
    return line not in facts.ordered or _remaining(facts, line) > 0


def order_status(facts: OrderFacts) -> str | None:
    """Return Shopify's `paid`, `partially_refunded`, `refunded` or `cancelled`; None before the payment."""
    if facts.is_cancelled:
        return "cancelled"
    if not facts.ordered:
        return None
    if not facts.refunds:
        return "paid"
    return "partially_refunded" if any(_remaining(facts, line) > 0 for line in facts.ordered) else "refunded"


def to_json(facts: OrderFacts) -> dict[str, Any]:
    """Return the facts as the JSON of the order's row."""
    return {
        "ordered": dict(facts.ordered),
        "refunds": {refund: dict(quantities) for refund, quantities in facts.refunds.items()},
        "removed": sorted(facts.removed),
        "is_cancelled": facts.is_cancelled,
    }


def from_json(stored: Mapping[str, Any]) -> OrderFacts:
    """Return the facts from the JSON of the order's row."""
    return OrderFacts(stored["ordered"], stored["refunds"], frozenset(stored["removed"]), stored["is_cancelled"])


def _remaining(facts: OrderFacts, line: str) -> int:
    return facts.ordered[line] - sum(quantities.get(line, 0) for quantities in facts.refunds.values())
