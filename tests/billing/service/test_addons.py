"""Recurring add-ons are synced with the items of their subscriptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import AddonStatus, OwnerType, PaymentKind
from chalicelib.billing.models import UserAddon
from chalicelib.billing.service import addon_cancellation, entitlement
from chalicelib.billing.service.sync import intake
from infra.sandbox.stripe import NEW_API_VERSION, OLD_API_VERSION, StripeSandbox
from tests.billing.conftest import Interleave, Json, Owner, balances, of_type, payments, refund, subscriptions

Buy = Callable[..., list[Json]]
Drain = Callable[[], list[Any]]


def mine(api: httpx2.Client, owner: Owner) -> list[Json]:
    items: list[Json] = api.get("/v1/billing/addons/mine", headers=owner.headers).json()["items"]
    return items


def cancel(api: httpx2.Client, owner: Owner, addon: Json, headers: Json | None = None) -> httpx2.Response:
    return api.post(f"/v1/billing/addons/mine/{addon['id']}/cancel", headers=owner.headers | (headers or {}))


def calendar_beside_plan(stripe_sandbox: StripeSandbox, events: list[Json]) -> None:
    """Add the calendar as an item to the subscription of these events."""
    bought = of_type(events, "customer.subscription.created")["data"]["object"]
    with stripe_sandbox.store() as stripe:
        row = stripe.get("subscription", bought["id"])
        price = next(each for each in stripe.all("price") if each["lookup_key"] == "backroom_calendar_plus_monthly")
        item = row["items"]["data"][0] | {"id": "si_calendar", "price": price}
        row["items"]["data"].append(item)
        stripe.emit("customer.subscription.updated", row)
    stripe_sandbox.drain()


def test_addons_for_sale_are_listed(api: httpx2.Client, member: Owner) -> None:
    response = api.get("/v1/billing/addons", headers=member.headers).json()["items"]
    assert [(item["id"], item["billing_cycle"]) for item in response] == [
        ("surprise_box", "monthly"),
        ("coaching_session", "one_time"),
        ("premium_features", "monthly"),
        ("calendar_plus", "monthly"),
    ]
    assert (response[0]["price"], response[0]["currency"]) == ("49.00", "USD")


@pytest.mark.parametrize("version", [OLD_API_VERSION, NEW_API_VERSION])
def test_a_monthly_box_renews_beside_a_yearly_plan(
    api: httpx2.Client, member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, version: str
) -> None:
    stripe_sandbox.api_version = version
    buy(member, plan="better_together")
    buy(member, addon="surprise_box")
    (box,) = mine(api, member)
    assert (box["addon_id"], box["status"], box["expires_at"]) == ("surprise_box", "active", None)
    assert {payment.kind for payment in payments()} == {PaymentKind.SUBSCRIPTION, PaymentKind.ADDON}
    assert len(subscriptions()) == 1
    assert entitlement(OwnerType.MEMBER, member.id).plan_name == "better_together"
    assert balances() == {member.relationship_id: 40}


def test_a_canceled_addon_ends_with_its_month(
    api: httpx2.Client, member: Owner, buy: Buy, pass_time: Buy, drain: Drain
) -> None:
    buy(member, addon="surprise_box")
    (box,) = mine(api, member)
    response = api.post(f"/v1/billing/addons/mine/{box['id']}/cancel", headers=member.headers).json()
    assert (response["status"], response["expires_at"] is not None) == ("active", True)
    pass_time(days=32)
    assert drain() == []
    (box,) = mine(api, member)
    assert box["status"] == "canceled"
    again = api.post(f"/v1/billing/addons/mine/{box['id']}/cancel", headers=member.headers)
    assert again.status_code == 409


def test_a_repeated_item_removal_keeps_the_plan(
    api: httpx2.Client,
    member: Owner,
    buy: Buy,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first attempt crashed after Stripe removed the item and before the row was written."""
    calendar_beside_plan(stripe_sandbox, buy(member, plan="try_it_out"))
    assert drain() == []
    (calendar,) = mine(api, member)

    def die(*_: object) -> None:
        raise SystemError("died")

    with monkeypatch.context() as dying:
        stripe_sandbox.hold_events = True
        dying.setattr(addon_cancellation, "sync_subscription", die)
        assert cancel(api, member, calendar).status_code == 500
    response = cancel(api, member, calendar)
    assert (response.status_code, response.json()["status"]) == (200, "canceled")
    stripe_sandbox.deliver_held()
    assert drain() == []
    (row,) = subscriptions()
    assert row.cancel_at_period_end is False


def test_one_key_cancels_once(api: httpx2.Client, member: Owner, buy: Buy) -> None:
    buy(member, addon="surprise_box")
    (box,) = mine(api, member)
    first, again = (cancel(api, member, box, {"Idempotency-Key": "mine"}) for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"


def test_a_recurring_addon_cannot_be_bought_twice(
    member: Owner, buy: Buy, checkout: Callable[..., httpx2.Response], pass_time: Buy, drain: Drain, api: httpx2.Client
) -> None:
    buy(member, addon="calendar_plus")
    again = checkout(member, None, addon="calendar_plus")
    assert (again.status_code, again.json()["code"]) == (409, "AddonActive")
    assert checkout(member, None, addon="surprise_box").status_code == 201
    (calendar,) = mine(api, member)
    api.post(f"/v1/billing/addons/mine/{calendar['id']}/cancel", headers=member.headers)
    pass_time(days=32)
    assert drain() == []
    assert checkout(member, None, addon="calendar_plus").status_code == 201


def test_a_one_time_addon_can_be_bought_repeatedly(api: httpx2.Client, member: Owner, buy: Buy) -> None:
    for _ in range(2):
        buy(member, addon="coaching_session")
    assert [item["status"] for item in mine(api, member)] == ["active", "active"]


def test_an_addon_renews_automatically(
    api: httpx2.Client, member: Owner, buy: Buy, pass_time: Buy, drain: Drain
) -> None:
    buy(member, addon="surprise_box")
    pass_time(days=63)
    assert drain() == []
    assert [payment.amount for payment in payments()] == [49, 49, 49]
    (row,) = UserAddon.scan()
    assert row.status is AddonStatus.ACTIVE


def test_an_item_removed_at_stripe_cancels_the_addon(
    api: httpx2.Client, member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    """As in the customer portal: the add-on is an item of the subscription of the plan."""
    events = buy(member, plan="try_it_out")
    calendar_beside_plan(stripe_sandbox, events)
    assert drain() == []
    (calendar,) = mine(api, member)
    assert (calendar["addon_id"], calendar["status"]) == ("calendar_plus", "active")
    response = api.post(f"/v1/billing/addons/mine/{calendar['id']}/cancel", headers=member.headers).json()
    assert response["status"] == "canceled"
    stripe_sandbox.drain()
    assert drain() == []
    assert [item["status"] for item in mine(api, member)] == ["canceled"]
    assert entitlement(OwnerType.MEMBER, member.id).plan_name == "try_it_out"


@pytest.mark.parametrize("version", [OLD_API_VERSION, NEW_API_VERSION])
def test_a_fully_refunded_addon_is_inactive_until_the_next_payment(
    member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain, pass_time: Buy, version: str
) -> None:
    stripe_sandbox.api_version = version
    bought = buy(member, addon="surprise_box")
    refund(stripe_sandbox, payments()[0].stripe_charge_id)
    assert drain() == []
    assert [row.status for row in UserAddon.scan()] == [AddonStatus.CANCELED]
    stripe_sandbox.deliver(bought)
    assert drain() == []
    assert [row.status for row in UserAddon.scan()] == [AddonStatus.CANCELED]
    pass_time(days=32)
    assert drain() == []
    assert [row.status for row in UserAddon.scan()] == [AddonStatus.ACTIVE]


def test_a_refund_of_a_past_month_keeps_the_current_one(
    member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain, pass_time: Buy
) -> None:
    buy(member, addon="surprise_box")
    (first,) = payments()
    pass_time(days=32)
    assert drain() == []
    refund(stripe_sandbox, first.stripe_charge_id)
    assert drain() == []
    assert [row.status for row in UserAddon.scan()] == [AddonStatus.ACTIVE]


def test_a_failed_refund_restores_an_addon(
    member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    buy(member, addon="surprise_box")
    back = refund(stripe_sandbox, payments()[0].stripe_charge_id)
    assert drain() == []
    stripe_sandbox.settle_refund(back, "failed")
    stripe_sandbox.drain()
    assert drain() == []
    assert [row.status for row in UserAddon.scan()] == [AddonStatus.ACTIVE]


def test_a_slow_handler_does_not_reactivate_an_ended_addon(
    member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain, interleave: Interleave
) -> None:
    buy(member, addon="calendar_plus")
    stripe_sandbox.hold_events = True
    with stripe_sandbox.store() as stripe:
        (subscription,) = stripe.all("subscription")
        stripe.emit("customer.subscription.updated", subscription)
    stripe_sandbox.drain()
    (updated,) = stripe_sandbox.held()

    def it_ends() -> None:
        with stripe_sandbox.store() as stripe:
            row = stripe.get("subscription", subscription["id"])
            row |= {"status": "canceled", "ended_at": stripe.now, "canceled_at": stripe.now}
            stripe.emit("customer.subscription.deleted", row)
        stripe_sandbox.drain()
        last = stripe_sandbox.held()[-1]
        stripe_sandbox.deliver([last])
        intake.process_event(last["id"])

    interleave("/v1/subscriptions", it_ends)
    stripe_sandbox.deliver([updated])
    assert drain() == []
    assert [row.status for row in UserAddon.scan()] == [AddonStatus.CANCELED]
