"""Changes of a customer in the portal are synced by Stripe events."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import OwnerType, SubscriptionStatus
from chalicelib.billing.service import entitlement
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, of_type, payments, subscriptions

Drain = Callable[[], list[Any]]
Press = Callable[[str], str]


@pytest.fixture
def press(api: httpx2.Client, store: Owner, stripe_sandbox: StripeSandbox, drain: Drain) -> Press:
    """Open the portal, press the button with this label and return the next page."""

    def click(words: str) -> str:
        headers = store.headers
        opened = api.post("/v1/billing/portal", json={"return_url": "https://a.b/"}, headers=headers)
        address = opened.json()["url"]
        page = httpx2.get(address).text
        form = next(
            form_text for form_text in re.findall(r"<form.*?</form>", page) if f">{words}<" in unescape(form_text)
        )
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        assert httpx2.post(address, data=fields).status_code == 303
        stripe_sandbox.drain()
        assert drain() == []
        return httpx2.get(address).text

    return click


@pytest.fixture
def subscribed(store: Owner, events_of: Callable[..., list[Json]], stripe_sandbox: StripeSandbox, drain: Drain) -> str:
    """Subscribe a store and end its trial."""
    events = events_of(store, "starter")
    subscription: str = of_type(events, "customer.subscription.created")["data"]["object"]["id"]
    with stripe_sandbox.store() as stripe:
        stripe.get("subscription", subscription).update(status="active", trial_end=None)
    stripe_sandbox.deliver(events)
    assert drain() == []
    return subscription


def test_a_cancellation_and_its_reversal_are_synced(subscribed: str, press: Press) -> None:
    assert "ends with its period" in press("Cancel at period end")
    assert subscriptions()[0].cancel_at_period_end
    press("Do not cancel")
    assert not subscriptions()[0].cancel_at_period_end


def test_a_plan_change_is_synced_and_its_invoice_is_a_payment(store: Owner, subscribed: str, press: Press) -> None:
    before = len(payments())
    press("Change to Professional, 99.00 USD per month")
    assert entitlement(OwnerType.STORE, store.id).plan_name == "professional"
    assert subscriptions()[0].max_products == 5_000
    assert len(payments()) == before + 1


def test_a_declined_card_makes_the_subscription_past_due_until_it_is_replaced(
    store: Owner, subscribed: str, press: Press, pass_time: Callable[..., list[Json]], drain: Drain
) -> None:
    press("Pay by a card that declines")
    pass_time(days=16)
    assert drain() == []
    assert subscriptions()[0].status is SubscriptionStatus.PAST_DUE
    press("Pay by a good card")
    pass_time(days=8)
    assert drain() == []
    assert subscriptions()[0].status is SubscriptionStatus.ACTIVE
    assert entitlement(OwnerType.STORE, store.id).plan_name == "starter"


def test_the_portal_does_not_show_the_subscription_of_another_customer(
    api: httpx2.Client,
    subscribed: str,
    member: Owner,
    checkout: Callable[..., httpx2.Response],
    stripe_sandbox: StripeSandbox,
) -> None:
    stripe_sandbox.complete_checkout(checkout(member).json()["id"])
    opened = api.post("/v1/billing/portal", json={"return_url": "https://a.b/"}, headers=member.headers).json()["url"]
    assert httpx2.post(opened, data={"subscription": subscribed, "action": "cancel"}).status_code == 404
    assert httpx2.post(opened, data={"subscription": "sub_none"}).status_code == 404
