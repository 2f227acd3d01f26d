"""Fixtures of billing: registered owners, paid checkouts, subscribers of its topics."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.billing.domain import monthly_grants
from chalicelib.billing.enums import OwnerType
from chalicelib.billing.models import (
    CreditBalance,
    CreditEntry,
    MonthlyGrant,
    PaymentTransaction,
    StripeWebhook,
    Subscription,
    SubscriptionAddon,
    SubscriptionPlan,
)
from chalicelib.billing.repository import credits
from chalicelib.billing.schemas.credits import CreditGrant
from chalicelib.billing.service import credits as credit_service
from chalicelib.billing.service import register_customer, sync_plans
from chalicelib.kit import auth, aws, clock, ids, messages
from chalicelib.kit.auth import Role
from infra.sandbox.server import Request, Response
from infra.sandbox.stripe import SANDBOX_SECRET_KEY, StripeSandbox

Json = dict[str, Any]
Interleave = Callable[[str, Callable[[], None]], None]


@dataclass(frozen=True)
class Owner:
    """A registered owner and its authorization headers."""

    id: str
    headers: dict[str, str]
    relationship_id: str | None


def make_owner(role: Role) -> Owner:
    owner_id = str(uuid.uuid4())
    relationship_id = str(uuid.uuid4()) if role is Role.MEMBER else None
    register_customer(
        "member" if role is Role.MEMBER else "store",
        owner_id,
        f"{owner_id[:8]}@example.com",
        name="Ada",
        relationship_id=relationship_id,
    )
    return Owner(owner_id, {"Authorization": f"Bearer {auth.mint(role, owner_id)}"}, relationship_id)


def operator() -> dict[str, str]:
    """Return the headers of an operator, with a new token."""
    return {"Authorization": f"Bearer {auth.mint(Role.OPERATOR, 'op')}"}


@dataclass(frozen=True)
class Synced:
    """The result of a plan sync: stored rows, and Stripe objects, oldest first."""

    plans: list[SubscriptionPlan]
    addons: list[SubscriptionAddon]
    objects: list[Json]


_synced: list[Synced] = []
"""Cached per process: a sync takes a third of the time of a billing test."""


@pytest.fixture
def catalogue(stripe_sandbox: StripeSandbox) -> None:
    """Store the plans, here and at Stripe: the first test syncs them, later tests restore its result."""
    if not _synced:
        sync_plans()
        with stripe_sandbox.store() as stripe:
            kinds = ("product", "price", "billing_portal.configuration")
            objects = [each for kind in kinds for each in reversed(stripe.all(kind))]
            _synced.append(Synced([*SubscriptionPlan.scan()], [*SubscriptionAddon.scan()], deepcopy(objects)))
        return
    [synced] = _synced
    with stripe_sandbox.store() as stripe:
        for each in deepcopy(synced.objects):
            stripe.put(each)
    with SubscriptionPlan.batch_write() as batch:
        for plan in synced.plans:
            batch.save(plan)
    with SubscriptionAddon.batch_write() as addons:
        for addon in synced.addons:
            addons.save(addon)


@pytest.fixture
def member(catalogue: None) -> Owner:
    return make_owner(Role.MEMBER)


@pytest.fixture
def store(catalogue: None) -> Owner:
    return make_owner(Role.STORE_OWNER)


@pytest.fixture
def checkout(api: httpx2.Client) -> Callable[..., httpx2.Response]:
    """Start a checkout."""

    def begin(owner: Owner, plan: str | None = "try_it_out", key: str | None = None, **order: Any) -> httpx2.Response:
        body = {
            **({"plan": plan} if plan else {}),
            "success_url": "https://app.example.com/thanks",
            "cancel_url": "https://app.example.com/plans",
            **order,
        }
        headers = owner.headers | ({"Idempotency-Key": key} if key else {})
        return api.post("/v1/billing/checkout", json=body, headers=headers)

    return begin


@pytest.fixture
def events_of(checkout: Callable[..., httpx2.Response], stripe_sandbox: StripeSandbox) -> Callable[..., list[Json]]:
    """Buy a plan and return its events without delivering them."""

    def buy(owner: Owner, plan: str = "try_it_out", **order: Any) -> list[Json]:
        url, stripe_sandbox.webhook_url = stripe_sandbox.webhook_url, None
        try:
            started = checkout(owner, plan, **order)
            assert started.status_code == 201, started.text
            return stripe_sandbox.complete_checkout(started.json()["id"])
        finally:
            stripe_sandbox.webhook_url = url

    return buy


@pytest.fixture
def pass_time(stripe_sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Json]]:
    """Advance the time here and at Stripe; deliver and return the events it causes."""
    now = clock.now
    passed = timedelta()

    def later(**by: int) -> list[Json]:
        nonlocal passed
        passed += timedelta(**by)
        monkeypatch.setattr(clock, "now", lambda: now() + passed)
        return stripe_sandbox.advance(int(timedelta(**by).total_seconds()))

    return later


@pytest.fixture
def new_month(pass_time: Callable[..., list[Json]]) -> datetime:
    """Advance the time to noon of the first day of a calendar month (UTC), so that the next days are in the same month."""
    now = clock.now()
    first = monthly_grants.add_months(now.replace(day=1, hour=12, minute=0, second=0, microsecond=0), 1)
    pass_time(seconds=int((first - now).total_seconds()) + 1)
    return first


@pytest.fixture
def buy(
    checkout: Callable[..., httpx2.Response], stripe_sandbox: StripeSandbox, drain: Callable[[], list[Any]]
) -> Callable[..., list[Json]]:
    """Buy and pay for an item; apply and return the events."""

    def paid(owner: Owner, **wanted: Any) -> list[Json]:
        started = checkout(owner, wanted.pop("plan", None), **wanted)
        assert started.status_code == 201, started.text
        events = stripe_sandbox.complete_checkout(started.json()["id"])
        assert drain() == []
        return events

    return paid


def operator_grant(member: Owner, amount: int, reason: str, expires_at: datetime | None = None) -> None:
    """Grant credits to a member, as an operator does."""
    body = CreditGrant(
        owner_type=OwnerType.MEMBER, owner_id=member.id, amount=amount, reason=reason, expires_at=expires_at
    )
    credit_service.grant_credits(body, ids.new())


def refund(stripe_sandbox: StripeSandbox, charge: str | None, **params: str) -> str:
    """Refund a charge as in Stripe's dashboard; return the id of the refund."""
    key = {"Authorization": "Bearer sk_test_sandbox_of_no_real_account"}
    params["charge"] = str(charge)
    answer = httpx2.post(f"{stripe_sandbox.url}/v1/refunds", data=params, headers=key)
    assert answer.status_code == 200, answer.text
    stripe_sandbox.drain()
    return str(answer.json()["id"])


def delete_at_stripe(customer: str, stripe_sandbox: StripeSandbox) -> None:
    """Delete a customer as in Stripe's dashboard and deliver the event."""
    url, headers = f"{stripe_sandbox.url}/v1/customers/{customer}", {"Authorization": f"Bearer {SANDBOX_SECRET_KEY}"}
    assert httpx2.delete(url, headers=headers).status_code == 200
    stripe_sandbox.drain()


@pytest.fixture
def interleave(stripe_sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch) -> Interleave:
    """`interleave("/v1/refunds", between)`: run `between` before Stripe's next response from that path arrives."""
    handle, waiting = stripe_sandbox._api.handle, dict[str, Callable[[], None]]()

    def answer(request: Request) -> Response:
        response = handle(request)
        if request.method == "GET":
            for path in [path for path in waiting if request.path.startswith(path)]:
                waiting.pop(path)()
        return response

    monkeypatch.setattr(stripe_sandbox._api, "handle", answer)
    return waiting.__setitem__


def ledger_sums() -> None:
    """Assert that every balance is the sum of its ledger, and of its lots."""
    for row in CreditBalance.scan():
        assert row.balance == credits.total(row.relationship_id) == sum(lot["remaining"] for lot in row.lots)


def of_type(events: list[Json], kind: str) -> Json:
    return next(event for event in events if event["type"] == kind)


def subscriptions() -> list[Subscription]:
    return list(Subscription.scan())


def payments() -> list[PaymentTransaction]:
    return list(PaymentTransaction.scan())


def entries() -> list[CreditEntry]:
    return list(CreditEntry.scan())


def balances() -> dict[str, int]:
    return {row.relationship_id: row.balance for row in CreditBalance.scan()}


def webhooks() -> dict[str, StripeWebhook]:
    return {row.stripe_event_id: row for row in StripeWebhook.scan()}


def listen(topic: str = "billing-subscription_changed") -> Callable[[], list[Json]]:
    """Subscribe to the topic like another context; the result returns the messages since the last call."""
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName=f"ears-{uuid.uuid4().hex[:10]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    may_send = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [may_send]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    aws.client("sns").subscribe(
        TopicArn=messages.topic_arn(topic),
        Protocol="sqs",
        Endpoint=arn,
        Attributes={"RawMessageDelivery": "true"},
    )

    def receive() -> list[Json]:
        received: list[Json] = []
        while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                received.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return received

    return receive


@pytest.fixture
def forget_rows() -> Callable[[], None]:
    """Empty billing's tables, for a test that runs several examples."""

    def forget() -> None:
        for model in (Subscription, PaymentTransaction, CreditEntry, CreditBalance, MonthlyGrant, StripeWebhook):
            with model.batch_write() as batch:
                for row in model.scan():
                    batch.delete(row)

    return forget
