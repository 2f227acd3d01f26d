"""Checkout sessions for plans."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import SubscriptionStatus
from chalicelib.billing.models import Customer, Subscription
from chalicelib.kit import auth
from chalicelib.kit.models import IdempotencyRecord, UniqueValue
from infra.sandbox.stripe import StripeSandbox
from infra.sandbox.stripe.errors import ApiError
from tests.billing.conftest import Json, Owner, subscriptions

Checkout = Callable[..., httpx2.Response]


def session_of(stripe_sandbox: StripeSandbox, answer: httpx2.Response) -> Json:
    assert answer.status_code == 201, answer.text
    with stripe_sandbox.store() as stripe:
        return dict(stripe.get("checkout.session", answer.json()["id"]))


def test_a_checkout_session_has_the_requested_plan_and_price(
    member: Owner, checkout: Checkout, stripe_sandbox: StripeSandbox
) -> None:
    answer = checkout(member, "better_together")
    session = session_of(stripe_sandbox, answer)
    assert answer.json()["url"] == session["url"]
    assert answer.json()["expires_at"].endswith("Z")
    assert (session["mode"], session["amount_total"], session["currency"]) == ("subscription", 24000, "usd")
    assert session["client_reference_id"] == member.id
    assert session["success_url"] == "https://app.example.com/thanks"
    (customer,) = Customer.scan()
    assert session["customer"] == customer.stripe_customer_id
    with stripe_sandbox.store() as stripe:
        stored = stripe.get("customer", session["customer"])
    assert (stored["email"], stored["name"]) == (customer.email, "Ada")
    assert stored["metadata"] == {"owner_type": "member", "owner_id": member.id}


def test_an_owner_deleted_at_stripe_buys_as_a_new_customer(
    member: Owner, checkout: Checkout, stripe_sandbox: StripeSandbox, drain: Callable[[], list[Any]]
) -> None:
    """Stripe replays the response of a key for a day, here with the deleted customer."""
    deleted = session_of(stripe_sandbox, checkout(member))["customer"]
    key = {"Authorization": "Bearer sk_test_sandbox_of_no_real_account"}
    httpx2.delete(f"{stripe_sandbox.url}/v1/customers/{deleted}", headers=key).raise_for_status()
    stripe_sandbox.drain()
    assert drain() == []
    session = session_of(stripe_sandbox, checkout(member))
    assert session["customer"] != deleted
    stripe_sandbox.complete_checkout(session["id"])
    assert drain() == []
    assert [row.stripe_customer_id for row in subscriptions()] == [session["customer"]]


def test_a_store_chooses_the_cycle(store: Owner, checkout: Checkout, stripe_sandbox: StripeSandbox) -> None:
    order = {"success_url": "https://app.example.com/thanks?session={CHECKOUT_SESSION_ID}"}
    session = session_of(stripe_sandbox, checkout(store, "starter", **order))
    assert session["amount_total"] == 2900
    assert session["success_url"] == order["success_url"]
    assert session_of(stripe_sandbox, checkout(store, "starter", billing_cycle="annual"))["amount_total"] == 29000


def test_one_key_creates_one_session_and_another_body_is_refused(
    member: Owner, checkout: Checkout, stripe_sandbox: StripeSandbox
) -> None:
    key = str(uuid.uuid4())
    first, again = checkout(member, key=key), checkout(member, key=key)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert checkout(member, "premium_plus", key=key).json()["code"] == "IdempotencyConflict"
    sent = [
        request.header("idempotency-key")
        for request in stripe_sandbox.requests
        if request.path == "/v1/checkout/sessions" and member.id in request.body.decode()
    ]
    assert len(sent) == 1
    assert key not in sent[0]
    assert sent[0].startswith("checkout-")


def test_stripe_deduplicates_a_key_whose_claim_has_expired(
    member: Owner, checkout: Checkout, stripe_sandbox: StripeSandbox
) -> None:
    """The process crashed after Stripe's response: the claim expires, the work is repeated, the session is the same."""
    key = str(uuid.uuid4())
    first = checkout(member, key=key)
    for record in IdempotencyRecord.scan():
        record.delete()
    assert checkout(member, key=key).json()["id"] == first.json()["id"]


def test_concurrent_first_checkouts_create_one_customer(member: Owner, checkout: Checkout) -> None:
    with ThreadPoolExecutor(4) as buyers:
        answers = list(buyers.map(lambda _: checkout(member), range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4
    (customer,) = Customer.scan()
    guards = [row for row in UniqueValue.scan() if row.owner == f"member/{member.id}"]
    assert [row.guard for row in guards] == [f"billing/customers/stripe_customer_id/{customer.stripe_customer_id}"]


def test_a_subscriber_cannot_buy_a_second_plan(
    member: Owner, checkout: Checkout, stripe_sandbox: StripeSandbox, drain: Callable[[], list[Any]]
) -> None:
    stripe_sandbox.complete_checkout(checkout(member).json()["id"])
    drain()
    again = checkout(member, "premium_plus")
    assert (again.status_code, again.json()["code"]) == (409, "AlreadySubscribed")


def test_the_checkout_of_a_stalled_subscription_leads_to_the_portal(
    member: Owner, checkout: Checkout, stripe_sandbox: StripeSandbox, drain: Callable[[], list[Any]]
) -> None:
    stripe_sandbox.complete_checkout(checkout(member).json()["id"])
    assert drain() == []
    (row,) = subscriptions()
    for status in (SubscriptionStatus.INCOMPLETE, SubscriptionStatus.UNPAID, SubscriptionStatus.PAUSED):
        row.update([Subscription.status.set(status)])
        answer = checkout(member, "premium_plus", key=f"{status}-{uuid.uuid4()}")
        assert answer.status_code == 201, answer.text
        assert (answer.json()["id"], answer.json()["is_portal"]) == (row.id, True)
        assert "/p/session/" in answer.json()["url"]
    assert "app.example.com/plans" in httpx2.get(answer.json()["url"]).text
    assert checkout(member, None, credit_pack="credits_200").json()["is_portal"] is False


def open_sessions(stripe_sandbox: StripeSandbox) -> list[str]:
    with stripe_sandbox.store() as stripe:
        return [session["id"] for session in stripe.all("checkout.session") if session["status"] == "open"]


def test_only_the_newest_checkout_of_an_owner_can_be_paid(
    member: Owner, checkout: Checkout, stripe_sandbox: StripeSandbox, drain: Callable[[], list[Any]]
) -> None:
    """Checkouts start on two devices, or by the browser's back button."""
    first, second = checkout(member).json()["id"], checkout(member, "premium_plus").json()["id"]
    with pytest.raises(ApiError, match="no longer open"):
        stripe_sandbox.complete_checkout(first)
    stripe_sandbox.complete_checkout(second)
    third = checkout(member)
    assert (third.status_code, third.json()["code"]) == (409, "AlreadySubscribed"), "paid, and the event is late"
    assert drain() == []
    (row,) = subscriptions()
    assert row.plan_name == "premium_plus"


def test_only_one_of_several_concurrent_checkouts_can_be_paid(
    member: Owner, checkout: Checkout, stripe_sandbox: StripeSandbox
) -> None:
    with ThreadPoolExecutor(4) as buyers:
        answers = list(buyers.map(lambda _: checkout(member), range(4)))
    stored = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert len(stored.intersection(open_sessions(stripe_sandbox))) == 1


def test_an_expired_or_ended_checkout_does_not_block_a_new_one(
    member: Owner, checkout: Checkout, stripe_sandbox: StripeSandbox, drain: Callable[[], list[Any]]
) -> None:
    stripe_sandbox.expire_checkout(checkout(member).json()["id"])
    stripe_sandbox.complete_checkout(checkout(member).json()["id"])
    assert drain() == []
    with stripe_sandbox.store() as stripe:
        (row,) = stripe.all("subscription")
        row |= {"status": "canceled", "ended_at": row["created"]}
        stripe.emit("customer.subscription.deleted", row)
    stripe_sandbox.drain()
    assert drain() == []
    assert checkout(member).status_code == 201


def test_only_a_first_subscription_has_a_trial(
    store: Owner, events_of: Callable[..., list[Json]], stripe_sandbox: StripeSandbox, drain: Callable[[], list[Any]]
) -> None:
    statuses = []
    for _ in range(2):
        created = next(e for e in events_of(store, "starter") if e["type"] == "customer.subscription.created")
        statuses.append(created["data"]["object"]["status"])
        with stripe_sandbox.store() as stripe:
            row = stripe.get("subscription", created["data"]["object"]["id"])
            row |= {"status": "canceled", "ended_at": row["created"]}
            stripe.emit("customer.subscription.deleted", row)
        stripe_sandbox.drain()
        drain()
    assert statuses == ["trialing", "active"]


@pytest.mark.parametrize(
    ("plan", "order", "path"),
    [
        ("no_such_plan", {}, "body.plan"),
        ("professional", {}, "body.plan"),
        ("free", {}, "body.plan"),
        ("try_it_out", {"billing_cycle": "annual"}, "body.billing_cycle"),
        ("try_it_out", {"billing_cycle": "weekly"}, "body.billing_cycle"),
        ("try_it_out", {"success_url": "javascript:alert(1)"}, "body.success_url"),
        ("try_it_out", {"cancel_url": "not a url"}, "body.cancel_url"),
        ("try_it_out", {"cancel_url": "https://"}, "body.cancel_url"),
        ("try_it_out", {"amount": 1}, "body.amount"),
    ],
)
def test_an_invalid_purchase_is_refused_with_its_field(
    member: Owner, checkout: Checkout, plan: str, order: Json, path: str
) -> None:
    answer = checkout(member, plan, **order)
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == [path]


def test_a_free_plan_is_not_sold(store: Owner, checkout: Checkout) -> None:
    answer = checkout(store, "free")
    assert (answer.status_code, answer.json()["code"]) == (422, "InvalidPlan")


def test_only_registered_owners_can_buy(catalogue: None, checkout: Checkout) -> None:
    stranger_id = str(uuid.uuid4())
    token = auth.mint(auth.Role.MEMBER, stranger_id)
    stranger = Owner(stranger_id, {"Authorization": f"Bearer {token}"}, None)
    answer = checkout(stranger)
    assert (answer.status_code, answer.json()["code"]) == (404, "CustomerNotFound")
