"""The sync of plans, products and prices with Stripe."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import httpx2
import pytest

from chalicelib.billing.catalogue import plans as source
from chalicelib.billing.enums import BillingCycle
from chalicelib.billing.models import SubscriptionPlan
from chalicelib.billing.repository import plans as repository
from chalicelib.billing.repository import price_lookup
from chalicelib.billing.service import sync_plans
from chalicelib.kit import auth
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Owner


def prices_at_stripe(stripe_sandbox: StripeSandbox) -> dict[str, int]:
    with stripe_sandbox.store() as stripe:
        return {row["lookup_key"]: row["unit_amount"] for row in stripe.all("price") if row["lookup_key"]}


def test_plans_and_addons_have_their_lookup_keys_at_stripe(catalogue: None, stripe_sandbox: StripeSandbox) -> None:
    assert prices_at_stripe(stripe_sandbox) == {
        "backroom_try_it_out_monthly": 3000,
        "backroom_better_together_annual": 24000,
        "backroom_premium_plus_annual": 28900,
        "backroom_starter_monthly": 2900,
        "backroom_starter_annual": 29000,
        "backroom_professional_monthly": 9900,
        "backroom_professional_annual": 99000,
        "backroom_enterprise_monthly": 39900,
        "backroom_enterprise_annual": 399000,
        "backroom_surprise_box_monthly": 4900,
        "backroom_coaching_session_one_time": 7900,
        "backroom_premium_features_monthly": 900,
        "backroom_calendar_plus_monthly": 500,
    }
    with stripe_sandbox.store() as stripe:
        assert stripe.get("product", "backroom_premium_plus")["name"] == "Premium Plus"


def test_a_repeated_sync_changes_nothing(catalogue: None, stripe_sandbox: StripeSandbox) -> None:
    before = {row.id: dict(row.stripe_prices) for row in SubscriptionPlan.scan()}
    created = {row.id: row.created_at for row in SubscriptionPlan.scan()}
    with stripe_sandbox.store() as stripe:
        count = len(stripe.all("price"))
    sync_plans()
    assert {row.id: dict(row.stripe_prices) for row in SubscriptionPlan.scan()} == before
    assert {row.id: row.created_at for row in SubscriptionPlan.scan()} == created
    with stripe_sandbox.store() as stripe:
        assert len(stripe.all("price")) == count


def test_concurrent_syncs_create_each_product_and_price_once(stripe_sandbox: StripeSandbox) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: sync_plans(), range(2)))
    with stripe_sandbox.store() as stripe:
        assert len(stripe.all("price")) == len(prices_at_stripe(stripe_sandbox))
    post_requests = [
        request
        for request in stripe_sandbox.requests
        if request.path in ("/v1/prices", "/v1/products") and request.body
    ]
    kinds = {request.header("idempotency-key").partition("-")[0] for request in post_requests}
    assert kinds == {"price", "product"}


def test_a_changed_price_is_created_and_the_earlier_one_is_still_recognized(
    catalogue: None, stripe_sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (before,) = repository.find("starter").stripe_prices["monthly"]  # type: ignore[union-attr]
    dearer = replace(source.PLANS["starter"], prices={BillingCycle.MONTHLY: Decimal("31.50")})
    with monkeypatch.context() as edited:
        edited.setitem(source.PLANS, "starter", dearer)
        sync_plans()
    row = repository.find("starter")
    assert row is not None
    now, earlier = row.stripe_prices["monthly"]
    assert earlier == before != now
    assert prices_at_stripe(stripe_sandbox)["backroom_starter_monthly"] == 3150
    offers = price_lookup.read().plans
    assert {offers[price][0].id for price in (before, now)} == {"starter"}
    assert {offers[price][1] for price in (before, now)} == {BillingCycle.MONTHLY}


def test_each_audience_sees_its_plans_in_order(api: httpx2.Client, member: Owner, store: Owner) -> None:
    for_members = api.get("/v1/billing/plans", headers=member.headers).json()["items"]
    assert [(plan["id"], plan["price_monthly"], plan["price_annual"]) for plan in for_members] == [
        ("try_it_out", "30.00", None),
        ("better_together", None, "240.00"),
        ("premium_plus", None, "289.00"),
    ]
    for_stores = api.get("/v1/billing/plans", headers=store.headers).json()
    assert [plan["id"] for plan in for_stores["items"]] == ["free", "starter", "professional", "enterprise"]
    assert (for_stores["items"][0]["price_monthly"], for_stores["next_cursor"]) == ("0.00", None)
    assert for_stores["items"][1]["limits"]["max_products"] == 500
    assert "stripe_prices" not in for_stores["items"][1]


def test_an_operator_syncs_the_catalogue(api: httpx2.Client, stripe_sandbox: StripeSandbox) -> None:
    headers = {"Authorization": f"Bearer {auth.mint(auth.Role.OPERATOR, 'op')}"}
    response = api.post("/v1/operator/billing/plans/sync", headers=headers)
    assert (response.status_code, set(response.json()["plans"])) == (200, set(source.PLANS))
    assert SubscriptionPlan.get("better_together").stripe_product_id
