"""Checkout sessions in the shapes of all API versions, with defaults for missing fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.billing.stripe_objects.checkout_sessions import parse_checkout_session
from infra.sandbox.stripe import OLD_API_VERSION, StripeSandbox
from tests.billing.conftest import Json, Owner, balances, of_type, payments

OLD: Json = {
    "id": "cs_1",
    "object": "checkout.session",
    "mode": "subscription",
    "subscription": "sub_1",
    "payment_intent": None,
    "customer": "cus_1",
    "metadata": {},
}
"""A session in the shape of API version 2020-03-02."""


def test_a_session_without_a_payment_status_is_paid() -> None:
    view = parse_checkout_session(OLD)
    assert (view.status, view.is_paid, view.expires_at) == ("complete", True, None)


@pytest.mark.parametrize(
    ("facts", "is_paid"),
    [
        ({"status": "open"}, False),
        ({"status": "expired"}, False),
        ({"status": "complete", "payment_status": "unpaid"}, False),
        ({"payment_status": "unpaid"}, False),
        ({"status": "complete", "payment_status": "no_payment_required"}, True),
    ],
)
def test_the_payment_status_of_a_session_counts(facts: Json, is_paid: bool) -> None:
    assert parse_checkout_session(OLD | facts).is_paid is is_paid


def test_a_purchase_in_the_old_shape_is_granted(
    member: Owner, events_of: Callable[..., list[Json]], stripe_sandbox: StripeSandbox, drain: Callable[[], list[Any]]
) -> None:
    event = of_type(events_of(member, None, credit_pack="credits_200"), "checkout.session.completed")
    for unsaid in ("status", "payment_status", "expires_at", "total_details"):
        event["data"]["object"].pop(unsaid, None)
    stripe_sandbox.deliver([event], api_version=OLD_API_VERSION)
    assert drain() == []
    assert len(payments()) == 1
    assert balances() == {member.relationship_id: 200}
