"""Cancellation, resumption and the customer portal, over HTTP."""

from __future__ import annotations

import uuid

import httpx2
import pytest

from chalicelib.billing.enums import BillingCycle, OwnerType, SubscriptionStatus
from chalicelib.billing.models import Subscription
from chalicelib.kit import auth, clock
from chalicelib.kit.models import IdempotencyRecord
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, listen, subscriptions
from tests.billing.subscription_factories import Ask, Drain, Subscribe, ask, at_stripe, sent, subscribe

__all__ = ["ask", "subscribe"]

PREMIUM = {"plan": "premium_plus", "billing_cycle": "annual"}


def test_a_cancellation_at_period_end_is_shown_and_published_at_once(
    member: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox, api: httpx2.Client
) -> None:
    stripe_id = subscribe(member)
    receive = listen()
    answer = ask(member, "cancel")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["cancel_at_period_end"]) == ("active", True)
    assert answer.json()["cancelled_at"].endswith("Z")
    assert at_stripe(stripe_sandbox, stripe_id)["cancel_at_period_end"]
    entitlement = api.get("/v1/billing/subscription", headers=member.headers).json()
    assert entitlement["has_access"]
    assert entitlement["subscription"] == answer.json()
    assert [message["cancel_at_period_end"] for message in receive()] == [True]
    again = ask(member, "cancel")
    assert (again.status_code, again.json()["code"]) == (409, "AlreadyCanceled")


def test_the_event_of_an_applied_request_changes_nothing(
    member: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    subscribe(member)
    ask(member, "cancel")
    (before,) = subscriptions()
    stripe_sandbox.drain()
    assert drain() == []
    (after,) = subscriptions()
    known = {name for name in before.attribute_values if name not in ("version", "updated_at", "last_stripe_event_at")}
    assert [getattr(after, name) for name in known] == [getattr(before, name) for name in known]


def test_a_resumed_subscription_continues(
    member: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox
) -> None:
    stripe_id = subscribe(member)
    refused = ask(member, "resume")
    assert (refused.status_code, refused.json()["code"]) == (409, "NotCanceled")
    ask(member, "cancel")
    answer = ask(member, "resume")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["cancel_at_period_end"]) == ("active", False)
    assert answer.json()["cancelled_at"] is None
    assert not at_stripe(stripe_sandbox, stripe_id)["cancel_at_period_end"]


def test_an_immediate_cancellation_ends_access_and_cannot_be_resumed(
    member: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox, api: httpx2.Client
) -> None:
    stripe_id = subscribe(member)
    ask(member, "cancel")
    answer = ask(member, "cancel", at_period_end=False)
    assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
    assert answer.json()["ended_at"].endswith("Z")
    assert at_stripe(stripe_sandbox, stripe_id)["status"] == "canceled"
    assert not api.get("/v1/billing/subscription", headers=member.headers).json()["has_access"]
    for verb, body in (("resume", {}), ("cancel", {}), ("preview", PREMIUM), ("change", PREMIUM)):
        refused = ask(member, verb, **body)
        assert (refused.status_code, refused.json()["code"]) == (409, "NotSubscribed"), verb


def test_a_request_syncs_a_subscription_that_ended_at_stripe(
    member: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox
) -> None:
    stripe_id = subscribe(member)
    with stripe_sandbox.store() as stripe:
        row = stripe.get("subscription", stripe_id)
        row |= {"status": "canceled", "ended_at": row["created"]}
    refused = ask(member, "resume")
    assert (refused.status_code, refused.json()["code"]) == (409, "NotSubscribed")
    answer = ask(member, "cancel", at_period_end=False)
    assert (answer.status_code, answer.json()["status"]) == (200, "canceled")


@pytest.mark.parametrize("verb", ["cancel", "resume"])
def test_one_key_sends_one_request(
    member: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox, verb: str
) -> None:
    path = f"/v1/subscriptions/{subscribe(member)}"
    if verb == "resume":
        ask(member, "cancel")
    key, before = str(uuid.uuid4()), sent(stripe_sandbox, "POST", path)
    first, again = ask(member, verb, key), ask(member, verb, key)
    assert (first.status_code, first.json()) == (200, again.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert sent(stripe_sandbox, "POST", path) == before + 1


def test_the_portal_shows_only_the_own_customer(
    member: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox
) -> None:
    refused = ask(member, "portal", return_url="https://app.example.com/account")
    assert (refused.status_code, refused.json()["code"]) == (409, "NotSubscribed")
    stripe_id = subscribe(member)
    key = str(uuid.uuid4())
    answer = ask(member, "portal", key, return_url="https://app.example.com/account")
    assert answer.status_code == 201, answer.text
    assert answer.json()["url"].startswith(stripe_sandbox.url)
    for record in IdempotencyRecord.scan():
        record.delete()
    assert ask(member, "portal", key, return_url="https://app.example.com/account").json() == answer.json()
    customer = at_stripe(stripe_sandbox, stripe_id)["customer"]
    with stripe_sandbox.store() as stripe:
        (session,) = [row for row in stripe.all("billing_portal.session") if row["customer"] == customer]
    assert session["return_url"] == "https://app.example.com/account"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/account", ""])
def test_the_portal_refuses_a_foreign_return_url(member: Owner, ask: Ask, url: str) -> None:
    answer = ask(member, "portal", return_url=url)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "body.return_url")


def give(owner: Owner) -> None:
    """Store a gift subscription, which Stripe does not have."""
    Subscription(
        id=str(uuid.uuid4()),
        owner=f"member/{owner.id}",
        owner_type=OwnerType.MEMBER,
        owner_id=owner.id,
        plan_name="better_together",
        status=SubscriptionStatus.ACTIVE,
        billing_cycle=BillingCycle.ANNUAL,
        is_gift=True,
        started_at=clock.now(),
        created_at=clock.now(),
        updated_at=clock.now(),
        version=1,
    ).save()


@pytest.mark.parametrize(("verb", "body"), [("cancel", {}), ("resume", {}), ("preview", PREMIUM), ("change", PREMIUM)])
def test_a_gift_cannot_be_changed(member: Owner, ask: Ask, verb: str, body: Json) -> None:
    give(member)
    answer = ask(member, verb, **body)
    assert (answer.status_code, answer.json()["code"]) == (409, "GiftUnchangeable")


def test_a_change_beside_a_gift_applies_to_the_own_subscription(
    member: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox
) -> None:
    stripe_id = subscribe(member)
    give(member)
    assert ask(member, "cancel").status_code == 200
    assert at_stripe(stripe_sandbox, stripe_id)["cancel_at_period_end"]


@pytest.mark.parametrize(("verb", "body"), [("cancel", {}), ("resume", {}), ("preview", PREMIUM), ("change", PREMIUM)])
def test_the_subscription_of_another_owner_cannot_be_changed(
    member: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox, verb: str, body: Json
) -> None:
    stripe_id = subscribe(member)
    before = at_stripe(stripe_sandbox, stripe_id)
    token = auth.mint(auth.Role.MEMBER, str(uuid.uuid4()))
    stranger = Owner("stranger", {"Authorization": f"Bearer {token}"}, None)
    answer = ask(stranger, verb, **body)
    assert (answer.status_code, answer.json()["code"]) == (409, "NotSubscribed")
    assert at_stripe(stripe_sandbox, stripe_id) == before


def test_resuming_clears_a_cancellation_date(
    member: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox
) -> None:
    """The customer portal sets a date with flexible billing."""
    stripe_id = subscribe(member)
    with stripe_sandbox.store() as stripe:
        row = stripe.get("subscription", stripe_id)
        row["cancel_at"] = row["items"]["data"][0]["current_period_end"]
    answer = ask(member, "resume")
    assert (answer.status_code, answer.json()["cancel_at_period_end"]) == (200, False)
    assert at_stripe(stripe_sandbox, stripe_id)["cancel_at"] is None
