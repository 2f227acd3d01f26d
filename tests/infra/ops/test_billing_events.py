"""Operators reprocess Stripe events by command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.billing.models import StripeWebhook
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, catalogue, checkout, events_of, member, of_type, payments
from tests.infra.ops.conftest import Ops

__all__ = ["catalogue", "checkout", "events_of", "member"]

Drain = Callable[[], list[Any]]


@pytest.fixture
def failed_event(
    api: httpx2.Client, member: Owner, events_of: Callable[..., list[Json]], stripe_sandbox: StripeSandbox, drain: Drain
) -> Json:
    """An event whose processing failed."""
    payment_event = of_type(events_of(member), "invoice.paid")
    stripe_sandbox.deliver([payment_event])
    with stripe_sandbox.store() as stripe:
        row = stripe.get(
            "subscription", payment_event["data"]["object"]["parent"]["subscription_details"]["subscription"]
        )
        items, row["items"] = row["items"], {"data": [{}]}
    assert len(drain()) == 1
    with stripe_sandbox.store() as stripe:
        stripe.get("subscription", row["id"])["items"] = items
    return payment_event


def test_failed_events_are_reprocessed(failed_event: Json, ops: Ops, drain: Drain) -> None:
    listing = ops("replay-events", "--unfinished", "--dry-run")
    assert (listing.code, listing.out.split()) == (0, [failed_event["id"]])
    assert StripeWebhook.get(failed_event["id"]).status == "failed"
    assert ops("replay-events", "--unfinished").out.split() == [failed_event["id"]]
    assert drain() == []
    assert StripeWebhook.get(failed_event["id"]).status == "processed"
    assert ops("replay-events", "--unfinished").out == ""
    assert len(payments()) == 1


def test_a_type_or_single_events_are_reprocessed(failed_event: Json, ops: Ops, drain: Drain) -> None:
    assert ops("replay-events", "--type", "invoice.paid", "--since", "2020-01-01T00:00Z").out.split() == [
        failed_event["id"]
    ]
    assert ops("replay-events", failed_event["id"]).code == 0
    assert drain() == []
    assert len(payments()) == 1
    unknown = ops("replay-events", "evt_none")
    assert (unknown.code, "evt_none" in unknown.err) == (1, True)
    assert ops("replay-events").code == 1
    assert ops("replay-events", failed_event["id"], "--unfinished").code == 1
