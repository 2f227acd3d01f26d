"""A running subscription is changed, ended, taken up again: through the API, against Stripe's stand-in."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from chalicelib.billing.enums import BillingCycle, OwnerType, SubscriptionStatus
from chalicelib.billing.models import Subscription
from chalicelib.kit import auth, clock
from chalicelib.kit.models import IdempotencyRecord
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, listen, subscriptions

Ask = Callable[..., httpx.Response]
Drain = Callable[[], list[Any]]
Buy = Callable[..., list[Json]]


@pytest.fixture
def ask(api: httpx.Client) -> Ask:
    """`ask(owner, "cancel", at_period_end=False)`: a request about the owner's subscription."""

    def post(owner: Owner, verb: str, key: str | None = None, **body: Any) -> httpx.Response:
        path = "/v1/billing/portal" if verb == "portal" else f"/v1/billing/subscription/{verb}"
        headers = owner.headers | ({"Idempotency-Key": key} if key else {})
        return api.post(path, json=body, headers=headers)

    return post


@pytest.fixture
def subscribe(events_of: Buy, stripe_peer: StripeSandbox, drain: Drain) -> Callable[..., str]:
    """Buy and let every event arrive; Stripe's id of the subscription."""

    def buy(owner: Owner, plan: str = "try_it_out", **order: Any) -> str:
        events = events_of(owner, plan, **order)
        stripe_peer.deliver(events)
        assert drain() == []
        created = next(event for event in events if event["type"] == "customer.subscription.created")
        return str(created["data"]["object"]["id"])

    return buy


def at_stripe(stripe_peer: StripeSandbox, stripe_id: str) -> Json:
    with stripe_peer.store() as stripe:
        return dict(stripe.get("subscription", stripe_id))


def sent(stripe_peer: StripeSandbox, method: str, path: str) -> int:
    return sum((request.method, request.path) == (method, path) for request in stripe_peer.requests)


def test_what_ends_with_its_period_shows_it_at_once_and_tells(
    member: Owner, subscribe: Callable[..., str], ask: Ask, stripe_peer: StripeSandbox, api: httpx.Client
) -> None:
    stripe_id = subscribe(member)
    heard = listen()
    answer = ask(member, "cancel")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["cancel_at_period_end"]) == ("active", True)
    assert answer.json()["cancelled_at"].endswith("Z")
    assert at_stripe(stripe_peer, stripe_id)["cancel_at_period_end"]
    entitlement = api.get("/v1/billing/subscription", headers=member.headers).json()
    assert entitlement["has_access"]
    assert entitlement["subscription"] == answer.json()
    assert [message["cancel_at_period_end"] for message in heard()] == [True]
    again = ask(member, "cancel")
    assert (again.status_code, again.json()["code"]) == (409, "AlreadyCanceled")


def test_the_event_that_follows_a_request_changes_nothing_more(
    member: Owner, subscribe: Callable[..., str], ask: Ask, stripe_peer: StripeSandbox, drain: Drain
) -> None:
    subscribe(member)
    ask(member, "cancel")
    (before,) = subscriptions()
    stripe_peer.drain()
    assert drain() == []
    (after,) = subscriptions()
    known = {name for name in before.attribute_values if name not in ("version", "updated_at", "last_stripe_event_at")}
    assert [getattr(after, name) for name in known] == [getattr(before, name) for name in known]


def test_taken_up_again_it_goes_on(
    member: Owner, subscribe: Callable[..., str], ask: Ask, stripe_peer: StripeSandbox
) -> None:
    stripe_id = subscribe(member)
    refused = ask(member, "resume")
    assert (refused.status_code, refused.json()["code"]) == (409, "NotCanceled")
    ask(member, "cancel")
    answer = ask(member, "resume")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["cancel_at_period_end"]) == ("active", False)
    assert answer.json()["cancelled_at"] is None
    assert not at_stripe(stripe_peer, stripe_id)["cancel_at_period_end"]


def test_what_ends_now_gives_no_access_and_cannot_be_taken_up(
    member: Owner, subscribe: Callable[..., str], ask: Ask, stripe_peer: StripeSandbox, api: httpx.Client
) -> None:
    stripe_id = subscribe(member)
    ask(member, "cancel")
    answer = ask(member, "cancel", at_period_end=False)
    assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
    assert answer.json()["ended_at"].endswith("Z")
    assert at_stripe(stripe_peer, stripe_id)["status"] == "canceled"
    assert not api.get("/v1/billing/subscription", headers=member.headers).json()["has_access"]
    for verb, body in (("resume", {}), ("cancel", {}), ("preview", PREMIUM), ("change", PREMIUM)):
        refused = ask(member, verb, **body)
        assert (refused.status_code, refused.json()["code"]) == (409, "NotSubscribed"), verb


def test_what_had_ended_unseen_is_ended(
    member: Owner, subscribe: Callable[..., str], ask: Ask, stripe_peer: StripeSandbox
) -> None:
    stripe_id = subscribe(member)
    with stripe_peer.store() as stripe:
        row = stripe.get("subscription", stripe_id)
        row |= {"status": "canceled", "ended_at": row["created"]}
    refused = ask(member, "resume")
    assert (refused.status_code, refused.json()["code"]) == (409, "NotSubscribed")
    answer = ask(member, "cancel", at_period_end=False)
    assert (answer.status_code, answer.json()["status"]) == (200, "canceled")


@pytest.mark.parametrize("verb", ["cancel", "resume"])
def test_the_same_key_asks_once(
    member: Owner, subscribe: Callable[..., str], ask: Ask, stripe_peer: StripeSandbox, verb: str
) -> None:
    path = f"/v1/subscriptions/{subscribe(member)}"
    if verb == "resume":
        ask(member, "cancel")
    key, before = str(uuid.uuid4()), sent(stripe_peer, "POST", path)
    first, again = ask(member, verb, key), ask(member, verb, key)
    assert (first.status_code, first.json()) == (200, again.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert sent(stripe_peer, "POST", path) == before + 1


def test_the_portal_is_the_customer_s_own(
    member: Owner, subscribe: Callable[..., str], ask: Ask, stripe_peer: StripeSandbox
) -> None:
    refused = ask(member, "portal", return_url="https://app.example.com/account")
    assert (refused.status_code, refused.json()["code"]) == (409, "NotSubscribed")
    stripe_id = subscribe(member)
    key = str(uuid.uuid4())
    answer = ask(member, "portal", key, return_url="https://app.example.com/account")
    assert answer.status_code == 201, answer.text
    assert answer.json()["url"].startswith(stripe_peer.url)
    for record in IdempotencyRecord.scan():
        record.delete()
    assert ask(member, "portal", key, return_url="https://app.example.com/account").json() == answer.json()
    with stripe_peer.store() as stripe:
        (session,) = [
            row
            for row in stripe.all("billing_portal.session")
            if row["customer"] == at_stripe_customer(stripe_peer, stripe_id)
        ]
    assert session["return_url"] == "https://app.example.com/account"


def at_stripe_customer(stripe_peer: StripeSandbox, stripe_id: str) -> str:
    (row,) = [row for row in subscriptions() if row.stripe_subscription_id == stripe_id]
    return str(row.stripe_customer_id)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/account", ""])
def test_the_portal_sends_nobody_just_anywhere(member: Owner, ask: Ask, url: str) -> None:
    answer = ask(member, "portal", return_url=url)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "body.return_url")


PREMIUM = {"plan": "premium_plus", "billing_cycle": "annual"}


def give(owner: Owner) -> None:
    """A subscription that somebody else paid for: none of Stripe's."""
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
def test_a_gift_is_not_billed_so_there_is_nothing_to_change(member: Owner, ask: Ask, verb: str, body: Json) -> None:
    give(member)
    answer = ask(member, verb, **body)
    assert (answer.status_code, answer.json()["code"]) == (409, "GiftUnchangeable")


def test_beside_a_gift_the_own_subscription_is_the_one_that_is_changed(
    member: Owner, subscribe: Callable[..., str], ask: Ask, stripe_peer: StripeSandbox
) -> None:
    stripe_id = subscribe(member)
    give(member)
    assert ask(member, "cancel").status_code == 200
    assert at_stripe(stripe_peer, stripe_id)["cancel_at_period_end"]


@pytest.mark.parametrize(("verb", "body"), [("cancel", {}), ("resume", {}), ("preview", PREMIUM), ("change", PREMIUM)])
def test_nobody_changes_what_another_has(
    member: Owner, subscribe: Callable[..., str], ask: Ask, stripe_peer: StripeSandbox, verb: str, body: Json
) -> None:
    stripe_id = subscribe(member)
    before = at_stripe(stripe_peer, stripe_id)
    token = auth.mint(auth.Role.MEMBER, str(uuid.uuid4()))
    stranger = Owner("stranger", {"Authorization": f"Bearer {token}"}, None)
    answer = ask(stranger, verb, **body)
    assert (answer.status_code, answer.json()["code"]) == (409, "NotSubscribed")
    assert at_stripe(stripe_peer, stripe_id) == before


YEARLY = {"plan": "professional", "billing_cycle": "annual"}


@pytest.mark.parametrize("verb", ["preview", "change"])
@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        ({"plan": "starter", "billing_cycle": "monthly"}, "SamePlan", "body.plan"),
        ({"plan": "free", "billing_cycle": "monthly"}, "PlanUnavailable", "body.billing_cycle"),
        ({"plan": "no_such_plan", "billing_cycle": "monthly"}, "PlanUnavailable", "body.plan"),
        ({"plan": "better_together", "billing_cycle": "annual"}, "PlanUnavailable", "body.plan"),
        ({"plan": "professional", "billing_cycle": "weekly"}, "InvalidInput", "body.billing_cycle"),
        ({"plan": "professional"}, "InvalidInput", "body.billing_cycle"),
        (YEARLY | {"amount": 1}, "InvalidInput", "body.amount"),
    ],
)
def test_what_cannot_be_changed_to_is_refused_with_its_field(
    store: Owner, subscribe: Callable[..., str], ask: Ask, verb: str, body: Json, code: str, path: str
) -> None:
    subscribe(store, "starter")
    answer = ask(store, verb, **body)
    assert answer.status_code == (409 if code == "SamePlan" else 422)
    assert (answer.json()["code"], answer.json()["errors"][0]["path"]) == (code, path)


@pytest.mark.parametrize("verb", ["preview", "change"])
@pytest.mark.parametrize("status", ["past_due", "unpaid", "incomplete", "paused"])
def test_who_owes_pays_before_changing(
    store: Owner, subscribe: Callable[..., str], ask: Ask, stripe_peer: StripeSandbox, verb: str, status: str
) -> None:
    """A credit for time that was never paid would be a gift."""
    stripe_id = subscribe(store, "enterprise")
    with stripe_peer.store() as stripe:
        stripe.get("subscription", stripe_id)["status"] = status
    answer = ask(store, verb, **YEARLY)
    assert (answer.status_code, answer.json()["code"]) == (409, "PaymentOverdue")


@pytest.mark.parametrize("verb", ["preview", "change"])
def test_what_is_about_to_end_is_taken_up_before_it_is_changed(
    store: Owner, subscribe: Callable[..., str], ask: Ask, verb: str
) -> None:
    subscribe(store, "enterprise")
    ask(store, "cancel")
    answer = ask(store, verb, **YEARLY)
    assert (answer.status_code, answer.json()["code"]) == (409, "AlreadyCanceled")
    assert "resume" in answer.json()["detail"]


@pytest.mark.parametrize("verb", ["preview", "change"])
def test_what_is_over_and_being_renewed_is_changed_later(
    store: Owner, subscribe: Callable[..., str], ask: Ask, stripe_peer: StripeSandbox, verb: str
) -> None:
    stripe_id = subscribe(store, "enterprise")
    with stripe_peer.store() as stripe:
        (item,) = stripe.get("subscription", stripe_id)["items"]["data"]
        item["current_period_end"] = int(clock.now().timestamp()) - 1
        item["current_period_start"] = item["current_period_end"] - 30 * 86_400
    answer = ask(store, verb, **YEARLY)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")


@pytest.mark.parametrize("offset", [timedelta(minutes=-11), timedelta(minutes=1), timedelta(days=-31)])
def test_what_an_old_or_made_up_preview_showed_is_not_charged(
    store: Owner, subscribe: Callable[..., str], ask: Ask, stripe_peer: StripeSandbox, offset: timedelta
) -> None:
    path = f"/v1/subscriptions/{backdated(stripe_peer, subscribe(store, 'enterprise'))}"
    before = sent(stripe_peer, "POST", path)
    answer = ask(store, "change", **YEARLY, proration_date=clock.iso(clock.now() + offset))
    assert (answer.status_code, answer.json()["code"]) == (422, "PreviewExpired")
    assert answer.json()["errors"][0]["path"] == "body.proration_date"
    assert sent(stripe_peer, "POST", path) == before


def test_a_preview_of_the_period_before_does_not_count(
    store: Owner, subscribe: Callable[..., str], ask: Ask, stripe_peer: StripeSandbox
) -> None:
    subscribe(store, "enterprise")
    answer = ask(store, "change", **YEARLY, proration_date=clock.iso(clock.now() - timedelta(minutes=5)))
    assert (answer.status_code, answer.json()["code"]) == (422, "PreviewExpired")


def backdated(stripe_peer: StripeSandbox, stripe_id: str, days: int = 10) -> str:
    """The subscription as though it had begun so many days earlier."""
    with stripe_peer.store() as stripe:
        row = stripe.get("subscription", stripe_id)
        for moment in ("start_date", "created", "billing_cycle_anchor"):
            row[moment] -= days * 86_400
        for item in row["items"]["data"]:
            item["current_period_start"] -= days * 86_400
            item["current_period_end"] -= days * 86_400
    return stripe_id
