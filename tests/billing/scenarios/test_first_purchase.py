"""The first purchase over HTTP: from a plan to credits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2

from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Owner


def test_a_paid_checkout_creates_a_subscription_and_a_month_of_credits(
    api: httpx2.Client,
    member: Owner,
    checkout: Callable[..., httpx2.Response],
    stripe_sandbox: StripeSandbox,
    drain: Callable[[], list[Any]],
) -> None:
    before = api.get("/v1/billing/subscription", headers=member.headers).json()
    assert before == {
        "has_access": False,
        "plan_name": None,
        "access_until": None,
        "limits": {},
        "subscription": None,
    }
    started = checkout(member)
    assert started.status_code == 201, started.text
    assert started.json()["url"].startswith(stripe_sandbox.url)
    stripe_sandbox.complete_checkout(started.json()["id"])
    assert drain() == []
    after = api.get("/v1/billing/subscription", headers=member.headers).json()
    assert (after["has_access"], after["plan_name"]) == (True, "try_it_out")
    subscription = after["subscription"]
    assert (subscription["status"], subscription["billing_cycle"]) == ("active", "monthly")
    assert (subscription["price_monthly"], subscription["currency"]) == ("30.00", "USD")
    assert subscription["current_period_start"].endswith("Z")
    at_hand = api.get("/v1/billing/credits", headers=member.headers).json()
    assert at_hand["balance"] == 20
    ledger = api.get("/v1/billing/credits/ledger", headers=member.headers).json()
    assert [(entry["entry_type"], entry["amount"], entry["balance_after"]) for entry in ledger["items"]] == [
        ("grant", 20, 20)
    ]
    assert ledger["next_cursor"] is None
