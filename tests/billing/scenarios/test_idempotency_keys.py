"""An Idempotency-Key repeats the response of a creation or a charge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.kit.auth import Role
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, make_owner, operator, payments, webhooks

Buy = Callable[..., list[Json]]


def twice(api: httpx2.Client, path: str, headers: Json, body: Json | None = None) -> None:
    first, again = (api.post(path, json=body or {}, headers=headers | {"Idempotency-Key": "mine"}) for _ in range(2))
    assert first.status_code in (200, 202), first.text
    assert "idempotency-replayed" not in first.headers
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_one_key_decides_a_refund_once(api: httpx2.Client, member: Owner, buy: Buy, verb: str) -> None:
    buy(member, plan="better_together")
    requested = api.post(f"/v1/billing/payments/{payments()[0].id}/refunds", json={}, headers=member.headers).json()
    twice(api, f"/v1/operator/billing/refunds/{requested['id']}/{verb}", operator())


def test_one_key_replays_an_event_once(api: httpx2.Client, member: Owner, buy: Buy) -> None:
    buy(member, plan="try_it_out")
    twice(api, f"/v1/operator/billing/events/{next(iter(webhooks()))}/replay", operator())


def test_one_key_redeems_a_gift_once(
    api: httpx2.Client, member: Owner, stripe_sandbox: StripeSandbox, drain: Callable[[], list[Any]]
) -> None:
    order = {"plan": "better_together", "recipient_email": "bea@example.com"}
    pages = {"success_url": "https://a.b/", "cancel_url": "https://a.b/"}
    started = api.post("/v1/billing/gifts", json=order | pages, headers=member.headers).json()
    stripe_sandbox.complete_checkout(started["checkout"]["id"])
    assert drain() == []
    twice(api, "/v1/billing/gifts/redeem", make_owner(Role.MEMBER).headers, {"code": started["gift"]["code"]})
