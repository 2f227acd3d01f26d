"""A member who bought something, erased: what Stripe told of them goes, and what billing checks still adds up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.repository import customers
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Owner, buy, catalogue, checkout, delete_at_stripe, member
from tests.retention.seeding import traces
from tests.retention.test_erasing import erase

__all__ = ["buy", "catalogue", "checkout", "member"]

Drain = Callable[[], list[Any]]
Buy = Callable[..., list[dict[str, Any]]]


def test_whom_stripe_deleted_first_is_erased_here_as_well(
    member: Owner, buy: Buy, stripe_peer: StripeSandbox, drain: Drain
) -> None:
    """In the order that docs/retention.md advises: its events are found by the id that is no more."""
    buy(member, credit_pack="credits_200")
    known = customers.get(OwnerType.MEMBER, member.id)
    delete_at_stripe(str(known.at_stripe), stripe_peer)
    assert drain() == []
    assert list(traces(str(known.stripe_customer_id)))
    erase(f"member:{member.id}", drain)
    assert list(traces(known.email, str(known.stripe_customer_id))) == []
