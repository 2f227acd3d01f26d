"""A store's plan from its purchase at Stripe to its end: trial, payment, downgrade, cancellation, and a lapse without a message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.kit import clock, ids
from chalicelib.platform.errors import PlanLimitReached
from chalicelib.platform.models import Store
from chalicelib.platform.service import plan_limits
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Owner, buy, catalogue, checkout, events_of, pass_time
from tests.billing.subscription_factories import Ask, Subscribe, ask, subscribe
from tests.platform.clients import PlatformClient, new_account

__all__ = ["ask", "buy", "catalogue", "checkout", "events_of", "pass_time", "subscribe"]

pytestmark = pytest.mark.usefixtures("catalogue")

Drain = Callable[[], list[Any]]
PassTime = Callable[..., list[Any]]


@pytest.fixture
def store(api: httpx2.Client) -> Owner:
    """A store that an owner has created, with the headers of its token."""
    client = PlatformClient(api, new_account().id)
    created = client.call("POST", "platform/stores", {"name": "Tea House", "slug": f"s-{ids.new()}"}).json()
    token = client.call("POST", f"platform/stores/{created['id']}/token").json()["access_token"]
    return Owner(created["id"], {"Authorization": f"Bearer {token}"}, None)


def plan_of(store: Owner) -> tuple[str, str, int]:
    row = Store.get(store.id)
    return row.subscription_plan.value, row.subscription_status.value, row.limits["max_products"]


def test_a_trial_its_payment_a_downgrade_and_a_cancellation_set_the_limits(
    store: Owner, subscribe: Subscribe, ask: Ask, pass_time: PassTime, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    def settle() -> None:
        stripe_sandbox.drain()
        assert drain() == []

    subscribe(store, "professional", on_trial=True)
    assert plan_of(store) == ("professional", "trial", 5_000)
    trial_ends_at = Store.get(store.id).trial_ends_at
    assert trial_ends_at is not None
    assert timedelta(days=13) < trial_ends_at - clock.now() <= timedelta(days=14)
    pass_time(days=15)
    settle()
    assert plan_of(store) == ("professional", "active", 5_000)
    assert Store.get(store.id).trial_ends_at is None
    assert ask(store, "change", plan="starter", billing_cycle="monthly").status_code == 200
    settle()
    assert plan_of(store) == ("starter", "active", 500)
    assert ask(store, "cancel", at_period_end=False).status_code == 200
    settle()
    assert plan_of(store) == ("free", "cancelled", 25)


def test_a_plan_whose_events_never_arrive_lapses_with_its_access(
    store: Owner, subscribe: Subscribe, pass_time: PassTime, stripe_sandbox: StripeSandbox
) -> None:
    subscribe(store, "starter")
    plan_limits.reserve_products(Store.get(store.id), 100)
    assert plan_of(store) == ("starter", "active", 500)
    stripe_sandbox.webhook_url = None
    pass_time(days=40)
    with pytest.raises(PlanLimitReached) as refusal:
        plan_limits.reserve_products(Store.get(store.id), 1)
    assert refusal.value.extras == {"limit": 25, "used": 100, "upgrade_to": "starter"}
    assert plan_of(store) == ("free", "expired", 25)
