"""An owner who leaves is not billed again, whatever was on its way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import AddonStatus, OwnerType, SubscriptionStatus
from chalicelib.billing.models import UserAddon
from chalicelib.billing.service import departures, entitlement, leave
from chalicelib.kit import ids
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Owner, delete_at_stripe, listen, payments, subscriptions

Buy = Callable[..., Any]
Drain = Callable[[], list[Any]]


def at_stripe(stripe_sandbox: StripeSandbox) -> list[str]:
    with stripe_sandbox.store() as stripe:
        return sorted(row["status"] for row in stripe.all("subscription"))


def test_the_plan_and_every_addon_end_at_once(
    member: Owner, buy: Buy, pass_time: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    buy(member, plan="try_it_out")
    buy(member, addon="surprise_box")
    heard = listen("billing-subscription_changed")
    for _ in range(2):
        leave(OwnerType.MEMBER, member.id)
    assert at_stripe(stripe_sandbox) == ["canceled", "canceled"]
    assert [row.status for row in subscriptions()] == [SubscriptionStatus.CANCELED]
    assert [row.status for row in UserAddon.scan()] == [AddonStatus.CANCELED]
    assert not entitlement(OwnerType.MEMBER, member.id).has_access
    assert "canceled" in {message["status"] for message in heard()}
    stripe_sandbox.drain()
    assert drain() == []
    paid = len(payments())
    pass_time(days=70)
    assert drain() == []
    assert len(payments()) == paid


def test_an_open_checkout_cannot_be_paid_any_more(
    member: Owner, checkout: Callable[..., httpx2.Response], stripe_sandbox: StripeSandbox
) -> None:
    session = checkout(member).json()
    leave(OwnerType.MEMBER, member.id)
    page = httpx2.post(f"{stripe_sandbox.url}/c/pay/{session['id']}")
    assert page.status_code == 400
    assert at_stripe(stripe_sandbox) == []


def test_a_subscription_whose_events_are_on_their_way_ends(
    member: Owner, events_of: Callable[..., list[Any]], stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    events = events_of(member)
    assert subscriptions() == []
    leave(OwnerType.MEMBER, member.id)
    assert at_stripe(stripe_sandbox) == ["canceled"]
    stripe_sandbox.deliver(events)
    assert drain() == []
    assert [row.status for row in subscriptions()] == [SubscriptionStatus.CANCELED]
    assert not entitlement(OwnerType.MEMBER, member.id).has_access


def test_a_worker_that_is_killed_between_two_ends_continues(
    member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    buy(member, plan="try_it_out")
    buy(member, addon="surprise_box")

    def die(*_: Any) -> None:
        raise SystemError("killed")

    with monkeypatch.context() as dying:
        dying.setattr(departures, "sync_subscription", die)
        with pytest.raises(SystemError):
            leave(OwnerType.MEMBER, member.id)
    assert at_stripe(stripe_sandbox) == ["active", "canceled"]
    leave(OwnerType.MEMBER, member.id)
    assert at_stripe(stripe_sandbox) == ["canceled", "canceled"]
    assert [row.status for row in subscriptions()] == [SubscriptionStatus.CANCELED]
    assert [row.status for row in UserAddon.scan()] == [AddonStatus.CANCELED]


def test_an_owner_without_anything_at_stripe_leaves(member: Owner, buy: Buy, stripe_sandbox: StripeSandbox) -> None:
    leave(OwnerType.MEMBER, ids.new())
    leave(OwnerType.MEMBER, member.id)
    assert subscriptions() == []
    buy(member, plan="try_it_out")
    with stripe_sandbox.store() as stripe:
        [customer] = [row["id"] for row in stripe.all("customer")]
    delete_at_stripe(customer, stripe_sandbox)
    leave(OwnerType.MEMBER, member.id)
    assert "active" not in at_stripe(stripe_sandbox)
