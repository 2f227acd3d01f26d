"""Parse Stripe disputes (docs.stripe.com/api/disputes)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib.billing.domain import money
from chalicelib.billing.enums import DisputeStatus
from chalicelib.integrations.stripe.fields import StripeObject, required_timestamp

_ENDED = {"won": DisputeStatus.WON, "lost": DisputeStatus.LOST, "warning_closed": None, "charge_refunded": None}
"""The statuses that end a dispute. `charge_refunded` occurs only before API version 2014-11-20."""


@dataclass(frozen=True, slots=True)
class StripeDispute:
    """A dispute of a payment or of a part of it. `amount` is in the main unit of `currency`."""

    id: str
    amount: Decimal
    currency: str
    status: DisputeStatus | None
    created_at: datetime
    is_inquiry: bool
    """Whether the bank only asks: no money was withdrawn, and a full refund resolves it."""

    @property
    def is_lost(self) -> bool:
        """Whether the dispute is lost, and with it the amount."""
        return self.status is DisputeStatus.LOST


def parse_dispute(stripe_object: StripeObject) -> StripeDispute:
    """Parse a dispute. Raises KeyError if a required field is missing."""
    return StripeDispute(
        id=stripe_object["id"],
        amount=money.from_minor(stripe_object["amount"], stripe_object["currency"]),
        currency=stripe_object["currency"].upper(),
        status=_dispute_status(stripe_object),
        is_inquiry=str(stripe_object["status"]).startswith("warning_"),
        created_at=required_timestamp(stripe_object["created"]),
    )


def _dispute_status(stripe_object: StripeObject) -> DisputeStatus | None:
    """Map Stripe's status (docs.stripe.com/api/disputes/object#dispute_object-status).

    An open inquiry (`warning_...`) counts as an open dispute; a closed inquiry is not a loss. A prevented dispute is
    lost if Stripe kept the withdrawn amount. An unknown status counts as open.
    """
    status = stripe_object["status"]
    if status == "prevented":
        return DisputeStatus.LOST if _net(stripe_object) < 0 else None
    return _ENDED.get(status, DisputeStatus.OPEN)


def _net(stripe_object: StripeObject) -> int:
    """Sum the balance transactions of a dispute, in minor units of the account's currency.

    A negative sum means that Stripe withdrew the amount.
    """
    rows = [row for row in stripe_object.get("balance_transactions") or [] if isinstance(row, Mapping)]
    return sum(int(row.get("amount") or 0) for row in rows)
