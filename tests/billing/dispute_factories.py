"""Fixtures of disputes: opening and closing them, and the payment in the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, payments
from tests.billing.subscription_factories import Drain

Dispute = Callable[..., str]
Close = Callable[[str, str], None]


@pytest.fixture
def dispute(stripe_sandbox: StripeSandbox, drain: Drain) -> Dispute:
    """`dispute("lost", amount=900)`: dispute the newest payment and close it with the verdict, if any."""

    def run(verdict: str | None = None, **of: Any) -> str:
        newest = max(payments(), key=lambda row: row.created_at)
        row = stripe_sandbox.open_dispute(str(newest.stripe_charge_id), **of)
        if verdict:
            stripe_sandbox.close_dispute(row["id"], verdict)
        stripe_sandbox.drain()
        assert drain() == []
        return str(row["id"])

    return run


@pytest.fixture
def close(stripe_sandbox: StripeSandbox, drain: Drain) -> Close:
    def run(dispute_id: str, verdict: str) -> None:
        stripe_sandbox.close_dispute(dispute_id, verdict)
        stripe_sandbox.drain()
        assert drain() == []

    return run


def read_payment(api: httpx2.Client, owner: Owner) -> Json:
    """Return the owner's newest payment, and assert that the list and the single read agree."""
    item: Json = api.get("/v1/billing/payments", headers=owner.headers).json()["items"][0]
    assert api.get(f"/v1/billing/payments/{item['id']}", headers=owner.headers).json() == item
    return item


def request_refund(api: httpx2.Client, owner: Owner, **wanted: Any) -> httpx2.Response:
    url = f"/v1/billing/payments/{read_payment(api, owner)['id']}/refunds"
    return api.post(url, json=wanted, headers=owner.headers)
