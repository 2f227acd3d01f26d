"""The parts of a payment: several payment intents can pay one Stripe invoice, and each is refunded separately.

Source: docs.stripe.com/invoicing/partial-payments. A part is stored as {intent_id, charge_id, amount}. `charge_id` is set
only for a charge without a payment intent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

StoredPart = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PaymentPart:
    """The amount that one payment intent, or one charge without an intent, paid, in the payment's currency."""

    intent_id: str | None
    charge_id: str | None
    amount: Decimal = Decimal(0)

    @property
    def id(self) -> str:
        """The id of the payment intent, else of the charge."""
        return str(self.intent_id or self.charge_id)


def stored_parts(parts: Iterable[PaymentPart]) -> list[StoredPart]:
    """Return the parts as a payment's row stores them."""
    return [{"intent_id": each.intent_id, "charge_id": each.charge_id, "amount": str(each.amount)} for each in parts]


def parse_parts(stored: Sequence[StoredPart] | None) -> tuple[PaymentPart, ...]:
    """Return the parts of a payment's row; empty if they are unknown or the payment was made outside of Stripe."""
    return tuple(PaymentPart(row["intent_id"], row["charge_id"], Decimal(row["amount"])) for row in stored or [])


def parts_with(parts: Sequence[PaymentPart], reference: PaymentPart) -> tuple[PaymentPart, ...]:
    """Return the parts, plus `reference` (from an event or a row) if they do not include it."""
    if not (reference.intent_id or reference.charge_id):
        return tuple(parts)
    charges = {each.charge_id for each in parts if each.charge_id}
    intents = {each.intent_id for each in parts if each.intent_id}
    is_known = (
        reference.intent_id in intents if reference.intent_id else bool(intents) or reference.charge_id in charges
    )
    return tuple(parts) if is_known else (*parts, reference)


def refundable_at_stripe(paid: Decimal, stored: Sequence[StoredPart] | None) -> Decimal:
    """Return the amount of a payment that Stripe received and can refund: the whole amount if its parts are unknown."""
    return paid if stored is None else min(paid, sum((each.amount for each in parse_parts(stored)), Decimal(0)))


def split_refund(amount: Decimal, left: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Split a refund of `amount` over the parts and return the share of each part by id, with the fewest refunds.

    `left` is the refundable amount of each part, in the same currency. The shares add up to `amount`. Raises ValueError
    if less than `amount` is left.
    """
    split, rest = dict[str, Decimal](), amount
    for part_id, available in sorted(left.items(), key=lambda each: (-each[1], each[0])):
        share = min(rest, available)
        if share > 0:
            split[part_id] = share
            rest -= share
    if rest:
        raise ValueError(f"{rest} more than is left")
    return split
