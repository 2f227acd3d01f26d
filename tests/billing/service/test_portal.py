"""The plan sync creates the settings of the customer portal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.billing.models import SubscriptionPlan
from chalicelib.billing.service import sync_plans
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner


def configurations(stripe_sandbox: StripeSandbox) -> dict[str, Json]:
    with stripe_sandbox.store() as stripe:
        rows = stripe.all("billing_portal.configuration")
        return {row["metadata"]["backroom_audience"]: row for row in rows if row["active"]}


def offered(configuration: Json) -> set[str]:
    return {each["product"] for each in configuration["features"]["subscription_update"]["products"]}


def test_each_audience_has_one_configuration_with_its_plans(catalogue: None, stripe_sandbox: StripeSandbox) -> None:
    before = configurations(stripe_sandbox)
    assert offered(before["member"]) == {
        "backroom_try_it_out",
        "backroom_better_together",
        "backroom_premium_plus",
    }
    assert offered(before["store"]) == {"backroom_starter", "backroom_professional", "backroom_enterprise"}
    prices = [
        price for each in before["store"]["features"]["subscription_update"]["products"] for price in each["prices"]
    ]
    assert len(prices) == 6
    sync_plans()
    after = configurations(stripe_sandbox)
    assert {name: row["id"] for name, row in after.items()} == {name: row["id"] for name, row in before.items()}
    assert {row.portal_configuration_id for row in SubscriptionPlan.scan()} == {
        None,
        *(row["id"] for row in before.values()),
    }


def test_a_sync_restores_settings_that_were_changed_at_stripe(catalogue: None, stripe_sandbox: StripeSandbox) -> None:
    member_id = configurations(stripe_sandbox)["member"]["id"]
    with stripe_sandbox.store() as stripe:
        stripe.get("billing_portal.configuration", member_id)["features"]["subscription_update"]["products"] = []
        stripe.get("billing_portal.configuration", configurations_id(stripe, "store"))["active"] = False
    sync_plans()
    after = configurations(stripe_sandbox)
    assert (after["member"]["id"], len(offered(after["member"])), len(offered(after["store"]))) == (member_id, 3, 3)


def configurations_id(stripe: Any, audience: str) -> str:
    rows = stripe.all("billing_portal.configuration")
    return next(str(row["id"]) for row in rows if row["metadata"]["backroom_audience"] == audience)


@pytest.mark.parametrize("audience", ["member", "store"])
def test_a_portal_session_has_the_configuration_of_its_audience(
    api: httpx2.Client,
    request: pytest.FixtureRequest,
    checkout: Callable[..., httpx2.Response],
    stripe_sandbox: StripeSandbox,
    audience: str,
) -> None:
    owner = request.getfixturevalue(audience)
    checkout(owner, "try_it_out" if audience == "member" else "starter")
    opened = api.post("/v1/billing/portal", json={"return_url": "https://a.b/"}, headers=owner.headers)
    assert opened.status_code == 201, opened.text
    with stripe_sandbox.store() as stripe:
        (session,) = stripe.all("billing_portal.session")
    assert session["configuration"] == configurations(stripe_sandbox)[audience]["id"]


def test_a_portal_opens_before_the_first_sync_of_its_settings(
    api: httpx2.Client, member: Owner, checkout: Callable[..., httpx2.Response]
) -> None:
    """Rows of the previous release have no configuration."""
    row = SubscriptionPlan.get("try_it_out")
    row.update(actions=[SubscriptionPlan.portal_configuration_id.remove()])
    checkout(member, "try_it_out")
    opened = api.post("/v1/billing/portal", json={"return_url": "https://a.b/"}, headers=member.headers)
    assert opened.status_code == 201
