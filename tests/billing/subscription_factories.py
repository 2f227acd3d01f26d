"""Fixtures of subscriptions: purchases, change requests and the state at Stripe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from infra.sandbox.stripe import StripeSandbox
from infra.sandbox.stripe.intervals import add_interval
from tests.billing.conftest import Json, Owner, of_type

Ask = Callable[..., httpx2.Response]
Subscribe = Callable[..., str]
Drain = Callable[[], list[Any]]
Buy = Callable[..., list[Json]]
SIZES = {"try_it_out": 20, "better_together": 40, "premium_plus": 80}
CYCLES = {"try_it_out": "monthly", "better_together": "annual", "premium_plus": "annual"}


@pytest.fixture
def ask(api: httpx2.Client) -> Ask:
    """`ask(owner, "cancel", at_period_end=False)`: send a request about the owner's subscription."""

    def post(owner: Owner, verb: str, key: str | None = None, **body: Any) -> httpx2.Response:
        path = "/v1/billing/portal" if verb == "portal" else f"/v1/billing/subscription/{verb}"
        headers = owner.headers | ({"Idempotency-Key": key} if key else {})
        return api.post(path, json=body, headers=headers)

    return post


@pytest.fixture
def subscribe(events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain) -> Callable[..., str]:
    """Buy a plan, apply its events and return Stripe's id; the trial is ended unless `on_trial`."""

    def buy(owner: Owner, plan: str = "try_it_out", on_trial: bool = False, **order: Any) -> str:
        events = events_of(owner, plan, **order)
        stripe_sandbox.deliver(events)
        stripe_id = str(of_type(events, "customer.subscription.created")["data"]["object"]["id"])
        if not on_trial:
            end_trial(stripe_sandbox, stripe_id)
        assert drain() == []
        return stripe_id

    return buy


def end_trial(stripe_sandbox: StripeSandbox, stripe_id: str) -> None:
    """Change a subscription as if it had started without a trial."""
    with stripe_sandbox.store() as stripe:
        row = stripe.get("subscription", stripe_id)
        row |= {"status": "active", "trial_end": None, "trial_start": None}
        (item,) = row["items"]["data"]
        interval = item["price"]["recurring"]["interval"]
        item["current_period_end"] = add_interval(item["current_period_start"], interval, 1)
        stripe.emit("customer.subscription.updated", row)
    stripe_sandbox.drain()


def at_stripe(stripe_sandbox: StripeSandbox, stripe_id: str) -> Json:
    with stripe_sandbox.store() as stripe:
        return dict(stripe.get("subscription", stripe_id))


def sent(stripe_sandbox: StripeSandbox, method: str, path: str) -> int:
    return sum((request.method, request.path) == (method, path) for request in stripe_sandbox.requests)


def backdated(stripe_sandbox: StripeSandbox, stripe_id: str, days: int = 10) -> str:
    """Change a subscription as if it had started that many days earlier."""
    with stripe_sandbox.store() as stripe:
        row = stripe.get("subscription", stripe_id)
        for moment in ("start_date", "created", "billing_cycle_anchor"):
            row[moment] -= days * 86_400
        for item in row["items"]["data"]:
            item["current_period_start"] -= days * 86_400
            item["current_period_end"] -= days * 86_400
    return stripe_id


def switch(ask: Ask, owner: Owner, plan: str) -> None:
    answer = ask(owner, "change", plan=plan, billing_cycle=CYCLES[plan])
    assert answer.status_code == 200, answer.text
