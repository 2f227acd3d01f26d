"""Refunds of payments with an open dispute, and the credits that offset a refund."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.billing.domain.credit_lots import CreditLot, take_back_lots
from chalicelib.kit import clock
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, operator
from tests.billing.dispute_factories import Close, Dispute, close, dispute, read_payment, request_refund

__all__ = ["close", "dispute"]

Buy = Callable[..., list[Json]]


def approve(api: httpx2.Client, refund_id: str) -> httpx2.Response:
    return api.post(f"/v1/operator/billing/refunds/{refund_id}/approve", headers=operator())


@pytest.mark.parametrize("bought", [{"plan": "better_together"}, {"credit_pack": "credits_50"}])
def test_a_refund_waits_until_the_dispute_is_closed(
    api: httpx2.Client,
    member: Owner,
    buy: Buy,
    dispute: Dispute,
    close: Close,
    drain: Callable[[], list[Any]],
    bought: dict[str, str],
) -> None:
    buy(member, **bought)
    dispute_id = dispute()
    refund_id = request_refund(api, member).json()["id"]
    refused = approve(api, refund_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "PaymentDisputed")
    waiting = api.get("/v1/operator/billing/refunds", headers=operator()).json()["items"]
    assert [row["id"] for row in waiting] == [refund_id]
    close(dispute_id, "won")
    assert (approve(api, refund_id).json()["status"]) == "completed"
    assert drain() == []
    assert read_payment(api, member)["status"] == "refunded"


def test_a_refund_resolves_an_inquiry(
    api: httpx2.Client, member: Owner, buy: Buy, dispute: Dispute, stripe_sandbox: StripeSandbox
) -> None:
    buy(member, plan="better_together")
    dispute(status="warning_needs_response")
    done = approve(api, request_refund(api, member).json()["id"])
    assert (done.status_code, done.json()["status"]) == (200, "completed"), done.text


def test_expired_credits_do_not_offset_refunded_ones() -> None:
    now = clock.now()
    over, held = CreditLot("over", 50, now), CreditLot("held", 5, now + timedelta(days=1))
    assert take_back_lots((over, held), "pack", 20, now) == ((over,), 5)
    assert take_back_lots((over, held), "over", 20, now) == ((over,), 5)
