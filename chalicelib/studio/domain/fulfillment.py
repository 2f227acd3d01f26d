"""What of an order is to be printed, whatever its messages' order and number: everything here only ever grows.

Shopify tells that an order was paid, edited, refunded and cancelled in any order, and each many times. What is known is
kept as facts that can be added in any order with the same end; what is wanted follows from all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What is known of an order, by its lines' GIDs.

    `ordered` are quantities, `refunds` what each refund took back, `removed` the lines that an edit left nothing of.
    """

    ordered: Mapping[str, int] = field(default_factory=dict)
    refunds: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()
    is_cancelled: bool = False


def paid(facts: OrderFacts, quantities: Mapping[str, int]) -> OrderFacts:
    """The order was paid with these lines."""
    most = {line: max(quantity, facts.ordered.get(line, 0)) for line, quantity in quantities.items()}
    return replace(facts, ordered={**facts.ordered, **most})


def edited(facts: OrderFacts, quantities: Mapping[str, int]) -> OrderFacts:
    """The order was edited and has now so many of each line; one that was taken out does not come back."""
    return replace(facts, removed=facts.removed | {line for line, left in quantities.items() if left == 0})


def refunded(facts: OrderFacts, refund: str, quantities: Mapping[str, int]) -> OrderFacts:
    """The refund took so many of each line back; a message may tell of some of its lines only."""
    known = facts.refunds.get(refund, {})
    most = {line: max(quantity, known.get(line, 0)) for line, quantity in quantities.items()}
    return replace(facts, refunds={**facts.refunds, refund: {**known, **most}})


def cancelled(facts: OrderFacts) -> OrderFacts:
    """The order was cancelled, which is for good."""
    return replace(facts, is_cancelled=True)


def is_wanted(facts: OrderFacts, line: str) -> bool:
    """Whether the line is still to be printed, as far as is known."""
    if facts.is_cancelled or line in facts.removed:
        return False
    return line not in facts.ordered or _left(facts, line) > 0


def status(facts: OrderFacts) -> str | None:
    """`paid`, `partially_refunded`, `refunded` or `cancelled`, in Shopify's words; None before it was paid."""
    if facts.is_cancelled:
        return "cancelled"
    if not facts.ordered:
        return None
    if not facts.refunds:
        return "paid"
    return "partially_refunded" if any(_left(facts, line) > 0 for line in facts.ordered) else "refunded"


def to_json(facts: OrderFacts) -> dict[str, Any]:
    """As it stands in the order's row."""
    return {
        "ordered": dict(facts.ordered),
        "refunds": {refund: dict(quantities) for refund, quantities in facts.refunds.items()},
        "removed": sorted(facts.removed),
        "is_cancelled": facts.is_cancelled,
    }


def from_json(stored: Mapping[str, Any]) -> OrderFacts:
    """The facts of a row."""
    return OrderFacts(stored["ordered"], stored["refunds"], frozenset(stored["removed"]), stored["is_cancelled"])


def _left(facts: OrderFacts, line: str) -> int:
    return facts.ordered[line] - sum(quantities.get(line, 0) for quantities in facts.refunds.values())
