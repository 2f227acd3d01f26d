"""The checkout and the portal create a customer again that Stripe no longer has."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import OwnerType, SubscriptionStatus
from chalicelib.billing.repository import customers
from chalicelib.billing.service.entitlements import entitlement
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, balances, delete_at_stripe, subscriptions
from tests.billing.subscription_factories import Subscribe, subscribe

__all__ = ["subscribe"]

Buy = Callable[..., list[Json]]
Drain = Callable[[], list[Any]]
PAGES = {"success_url": "https://a.b/", "cancel_url": "https://a.b/"}


@pytest.fixture
def lost(member: Owner, buy: Buy, stripe_sandbox: StripeSandbox) -> str:
    """A Stripe customer that was deleted without an event."""
    buy(member, credit_pack="credits_50")
    customer_id = str(customers.get(OwnerType.MEMBER, member.id).at_stripe)
    with stripe_sandbox.store() as stripe:
        del stripe._data["objects"][customer_id]
    return customer_id


def test_a_purchase_creates_the_customer_again_and_is_delivered(member: Owner, lost: str, buy: Buy) -> None:
    buy(member, credit_pack="credits_200")
    present = customers.get(OwnerType.MEMBER, member.id).at_stripe
    assert present not in (None, lost)
    assert customers.find_by_stripe_id(lost) is None
    assert balances() == {member.relationship_id: 250}


def test_concurrent_checkouts_create_one_customer(
    member: Owner, lost: str, checkout: Callable[..., httpx2.Response], stripe_sandbox: StripeSandbox
) -> None:
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda _: checkout(member, None, credit_pack="credits_50").status_code, range(4)))
    assert statuses == [201] * 4
    with stripe_sandbox.store() as stripe:
        assert len(stripe.all("customer")) == 1


@pytest.mark.parametrize("has_event", [True, False])
def test_the_portal_and_a_gift_create_the_customer_again(
    api: httpx2.Client, member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain, has_event: bool
) -> None:
    buy(member, credit_pack="credits_50")
    first = str(customers.get(OwnerType.MEMBER, member.id).at_stripe)
    url, stripe_sandbox.webhook_url = stripe_sandbox.webhook_url, stripe_sandbox.webhook_url if has_event else None
    delete_at_stripe(first, stripe_sandbox)
    stripe_sandbox.webhook_url = url
    assert drain() == []
    opened = api.post("/v1/billing/portal", json={"return_url": "https://a.b/"}, headers=member.headers)
    assert opened.status_code == 201, opened.text
    second = customers.get(OwnerType.MEMBER, member.id).at_stripe
    assert second not in (None, first)
    order = {"plan": "better_together", "recipient_email": "bea@example.com", **PAGES}
    assert api.post("/v1/billing/gifts", json=order, headers=member.headers).status_code == 201
    assert customers.get(OwnerType.MEMBER, member.id).at_stripe == second


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_subscriber_whose_customer_is_lost_can_buy_a_plan(
    member: Owner,
    subscribe: Subscribe,
    checkout: Callable[..., httpx2.Response],
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    is_gone: bool,
) -> None:
    """Stripe canceled the subscription with the customer and keeps it, or has neither of them."""
    stripe_id = subscribe(member)
    first = str(customers.get(OwnerType.MEMBER, member.id).at_stripe)
    url, stripe_sandbox.webhook_url = stripe_sandbox.webhook_url, None
    delete_at_stripe(first, stripe_sandbox)
    stripe_sandbox.webhook_url = url
    if is_gone:
        with stripe_sandbox.store() as stripe:
            for object_id in (first, stripe_id):
                del stripe._data["objects"][object_id]
    assert not subscriptions()[0].status.is_final
    bought = checkout(member, "premium_plus")
    assert bought.status_code == 201, bought.text
    assert subscriptions()[0].status is SubscriptionStatus.CANCELED
    stripe_sandbox.complete_checkout(bought.json()["id"])
    assert drain() == []
    assert entitlement(OwnerType.MEMBER, member.id).plan_name == "premium_plus"


def test_another_missing_object_creates_no_customer(
    member: Owner, buy: Buy, checkout: Callable[..., httpx2.Response], stripe_sandbox: StripeSandbox
) -> None:
    buy(member, credit_pack="credits_50")
    customer_id = customers.get(OwnerType.MEMBER, member.id).at_stripe
    with stripe_sandbox.store() as stripe:
        for price in stripe.all("price"):
            del stripe._data["objects"][price["id"]]
    assert checkout(member, "try_it_out").status_code == 404
    assert customers.get(OwnerType.MEMBER, member.id).at_stripe == customer_id
