"""Reversals of a payment: its completed refunds and lost disputes, as its row stores them.

Each is a mapping {id, amount, at, reversed_at, is_dispute}; amounts and times are text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

StoredReversal = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReturnedMoney:
    """A completed refund, or a lost dispute, in the payment's currency. `reversed_at`: when the money came back to us."""

    id: str
    amount: Decimal
    at: datetime
    reversed_at: datetime | None = None


def merged_reversals(
    stored: Sequence[StoredReversal] | None, current: Iterable[ReturnedMoney], *, is_dispute: bool, now: datetime
) -> list[StoredReversal]:
    """Return the stored reversals with the refunds, or the disputes, brought to the `current` ones.

    A stored one that is not current any more was reversed: a refund that failed later, a dispute that was won later.
    """
    kept = {row["id"]: row for row in stored or [] if row["is_dispute"] is is_dispute}
    others = [row for row in stored or [] if row["is_dispute"] is not is_dispute]
    present = {
        each.id: {
            "id": each.id,
            "amount": str(each.amount),
            "at": each.at.isoformat(),
            "reversed_at": None,
            "is_dispute": is_dispute,
        }
        for each in current
    }
    gone = {
        id_: {**row, "reversed_at": row["reversed_at"] or now.isoformat()}
        for id_, row in kept.items()
        if id_ not in present
    }
    return sorted([*others, *gone.values(), *present.values()], key=lambda row: (row["at"], row["id"]))


def returned_money(paid: Decimal, stored: Sequence[StoredReversal] | None) -> list[ReturnedMoney]:
    """Return the reversals of a payment, oldest first; those that were not reversed add up to at most `paid`.

    A bank may dispute all of a charge that was refunded in part.
    """
    left, money = paid, list[ReturnedMoney]()
    for row in stored or []:
        reversed_at = datetime.fromisoformat(row["reversed_at"]) if row["reversed_at"] else None
        amount = min(Decimal(row["amount"]), paid if reversed_at else left)
        left -= Decimal(0) if reversed_at else amount
        money.append(ReturnedMoney(row["id"], amount, datetime.fromisoformat(row["at"]), reversed_at))
    return money
