"""The recurring revenue of subscriptions is published after every sync."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.models import Subscription
from chalicelib.billing.repository.subscriptions import subscription_id_of
from chalicelib.billing.schemas.messages import PaymentChanged, RecurringRevenueChanged
from chalicelib.billing.service.subscription_changes import cancel_subscription
from infra.sandbox.stripe import StripeSandbox, coupons, discounts
from tests.billing.conftest import Json, Owner, listen, subscriptions
from tests.billing.revenue_recount import last_revenues
from tests.billing.subscription_factories import at_stripe, subscribe

__all__ = ["subscribe"]

Buy = Callable[..., list[Json]]
Drain = Callable[[], list[Any]]
TOPIC = "billing-recurring_revenue_changed"


def amounts(message: Json) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(step["plan"]), Decimal(step["addons"])) for step in message["steps"]]


def change(sandbox: StripeSandbox, stripe_id: str, **values: Any) -> None:
    """Change a subscription at Stripe and deliver the event."""
    with sandbox.store() as stripe:
        row = stripe.get("subscription", stripe_id)
        row |= values
        stripe.emit("customer.subscription.updated", row)
    sandbox.drain()


def apply_coupon(sandbox: StripeSandbox, stripe_id: str, to_item: bool = False, **coupon: Any) -> None:
    """Apply a coupon to a subscription or its item, without an event."""
    with sandbox.store() as stripe:
        row = stripe.get("subscription", stripe_id)
        made = coupons.create_coupon(stripe, coupon)
        holder = row["items"]["data"][0] if to_item else row
        discounts.set_discounts(stripe, row, holder, [{"coupon": made["id"]}])


def fetched(sandbox: StripeSandbox, before: int) -> list[str]:
    return [request.path for request in list(sandbox.requests)[before:] if request.path.startswith("/v1/")]


def test_a_subscription_publishes_its_months_revenue(
    member: Owner, subscribe: Callable[..., str], stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    received = listen(TOPIC)
    stripe_id = subscribe(member)
    change(stripe_sandbox, stripe_id, cancel_at_period_end=True)
    assert drain() == []
    (message,) = last_revenues(received()).values()
    (row,) = subscriptions()
    assert (message["owner_type"], message["owner_id"]) == ("member", member.id)
    assert (message["subscription_id"], message["plan_name"], message["currency"]) == (row.id, "try_it_out", "USD")
    assert (message["status"], message["is_final"]) == ("active", False)
    assert amounts(message) == [(Decimal(30), Decimal(0)), (Decimal(0), Decimal(0))]
    assert message["steps"][0]["from"] == message["effective_at"]
    assert datetime.fromisoformat(message["steps"][1]["from"]) == row.current_period_end
    assert RecurringRevenueChanged.model_validate(message).subjects() == (f"member:{member.id}",)


def test_a_subscription_of_addons_publishes_its_revenue_and_its_end(
    member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    received, paid = listen(TOPIC), listen("billing-payment_changed")
    buy(member, addon="surprise_box")
    (message,) = last_revenues(received()).values()
    assert (message["plan_name"], amounts(message)) == (None, [(Decimal(0), Decimal(49))])
    payment = PaymentChanged.model_validate(paid()[-1])
    assert (payment.amount, payment.addons, payment.tax) == (Decimal(49), Decimal(49), Decimal(0))
    assert payment.subjects() == (f"member:{member.id}",)
    with stripe_sandbox.store() as stripe:
        (row,) = stripe.all("subscription")
        row |= {"status": "canceled", "ended_at": stripe.now + 5, "canceled_at": stripe.now}
        stripe.emit("customer.subscription.deleted", row)
    stripe_sandbox.drain()
    assert drain() == []
    (message,) = last_revenues(received()).values()
    assert (message["is_final"], amounts(message)) == (True, [(Decimal(0), Decimal(0))])
    assert datetime.fromisoformat(message["effective_at"]).timestamp() == row["ended_at"]
    assert message["subscription_id"] == subscription_id_of(row["id"])


@pytest.mark.parametrize(("to_item", "first"), [(False, 1), (True, 2)])
def test_the_terms_of_a_discount_are_fetched_once(
    member: Owner,
    subscribe: Callable[..., str],
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    to_item: bool,
    first: int,
) -> None:
    """Stripe expands four levels: an invoice names its subscription's discounts by id only."""
    stripe_id = subscribe(member)
    apply_coupon(stripe_sandbox, stripe_id, to_item, percent_off=50, duration="forever")
    received, before = listen(TOPIC), len(stripe_sandbox.requests)
    change(stripe_sandbox, stripe_id)
    assert drain() == []
    assert len(fetched(stripe_sandbox, before)) == first
    assert len(subscriptions()[0].discounts) == 1
    with stripe_sandbox.store() as stripe:
        invoice = stripe.get("invoice", at_invoice(stripe.get("subscription", stripe_id)))
        stripe.emit("invoice.paid", invoice)
    before = len(stripe_sandbox.requests)
    stripe_sandbox.drain()
    assert drain() == []
    assert fetched(stripe_sandbox, before) == [f"/v1/invoices/{invoice['id']}"]
    assert [amounts(message) for message in received()] == [[(Decimal(15), Decimal(0))]] * 2


def test_a_coupon_for_other_products_takes_nothing_off(
    member: Owner, subscribe: Callable[..., str], stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    """The products of a coupon are shown only if a call expands them."""
    stripe_id = subscribe(member)
    product = at_stripe(stripe_sandbox, stripe_id)["items"]["data"][0]["price"]["product"]
    for products, left in (([product], 15), (["prod_other"], 15)):
        coupon = {"percent_off": 50, "duration": "forever", "applies_to": {"products": products}}
        with stripe_sandbox.store() as stripe:
            row = stripe.get("subscription", stripe_id)
            given = [{"discount": each} for each in row["discounts"]]
            given.append({"coupon": coupons.create_coupon(stripe, coupon)["id"]})
            discounts.set_discounts(stripe, row, row, given)
        received = listen(TOPIC)
        change(stripe_sandbox, stripe_id)
        assert drain() == []
        assert [amounts(message) for message in received()] == [[(Decimal(left), Decimal(0))]]
    assert [terms["products"] for terms in subscriptions()[0].discounts] == [[product], ["prod_other"]]


def test_terms_of_an_earlier_release_are_fetched_again(
    member: Owner, subscribe: Callable[..., str], stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    stripe_id = subscribe(member)
    apply_coupon(stripe_sandbox, stripe_id, percent_off=50, duration="forever", applies_to={"products": ["prod_other"]})
    change(stripe_sandbox, stripe_id)
    assert drain() == []
    [row] = subscriptions()
    before = [{name: value for name, value in terms.items() if name != "products"} for terms in row.discounts]
    row.update([Subscription.discounts.set(before)])
    received = listen(TOPIC)
    with stripe_sandbox.store() as stripe:
        stripe.emit("invoice.paid", stripe.get("invoice", at_invoice(stripe.get("subscription", stripe_id))))
    stripe_sandbox.drain()
    assert drain() == []
    assert [amounts(message) for message in received()] == [[(Decimal(30), Decimal(0))]]
    assert subscriptions()[0].discounts[0]["products"] == ["prod_other"]


def at_invoice(row: Json) -> str:
    return str(row["latest_invoice"])


def test_an_unknown_discount_of_an_invoice_is_fetched(
    member: Owner, subscribe: Callable[..., str], stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    stripe_id = subscribe(member)
    apply_coupon(stripe_sandbox, stripe_id, True, amount_off=1000, currency="usd", duration="forever")
    received = listen(TOPIC)
    with stripe_sandbox.store() as stripe:
        stripe.emit("invoice.paid", stripe.get("invoice", at_invoice(stripe.get("subscription", stripe_id))))
    stripe_sandbox.drain()
    assert drain() == []
    assert [amounts(message) for message in received()] == [[(Decimal(20), Decimal(0))]]


@pytest.mark.parametrize(("event", "paths"), [("customer.subscription.updated", 3), ("invoice.payment_failed", 4)])
def test_an_unknown_discount_of_a_past_due_item_costs_the_most_fetches(
    member: Owner,
    subscribe: Callable[..., str],
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    event: str,
    paths: int,
) -> None:
    """The subscription, its items for the terms, its open invoices, and the invoice of an invoice's event."""
    stripe_id = subscribe(member)
    apply_coupon(stripe_sandbox, stripe_id, True, percent_off=50, duration="forever")
    with stripe_sandbox.store() as stripe:
        row = stripe.get("subscription", stripe_id)
        row |= {"status": "past_due"}
        invoice = stripe.get("invoice", at_invoice(row))
        invoice |= {"status": "open"}
        stripe.emit(event, row if event.startswith("customer") else invoice)
    before = len(stripe_sandbox.requests)
    stripe_sandbox.drain()
    assert drain() == []
    assert len(fetched(stripe_sandbox, before)) == paths


def test_quantity_pause_and_planned_end_are_shown(
    api: httpx2.Client, member: Owner, subscribe: Callable[..., str], stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    stripe_id = subscribe(member)
    received = listen(TOPIC)
    with stripe_sandbox.store() as stripe:
        row = stripe.get("subscription", stripe_id)
        row["items"]["data"][0]["quantity"] = 3
        row |= {"pause_collection": {"behavior": "void", "resumes_at": None}, "cancel_at": stripe.now + 86_400}
        stripe.emit("customer.subscription.updated", row)
    stripe_sandbox.drain()
    assert drain() == []
    shown = api.get("/v1/billing/subscription", headers=member.headers).json()
    assert shown["has_access"] is True
    assert (shown["subscription"]["quantity"], shown["subscription"]["pause_collection"]) == (3, "void")
    ends_at = datetime.fromisoformat(shown["subscription"]["cancel_at"]).timestamp()
    assert ends_at == at_stripe(stripe_sandbox, stripe_id)["cancel_at"]
    (message,) = received()
    assert amounts(message) == [(Decimal(0), Decimal(0))]


def test_unreadable_parts_are_logged_and_the_rest_is_synced(
    member: Owner,
    subscribe: Callable[..., str],
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stripe_id = subscribe(member)
    received = listen(TOPIC)
    change(stripe_sandbox, stripe_id, cancel_at="soon", cancel_at_period_end=False)
    assert drain() == []
    assert [amounts(message) for message in received()] == [[(Decimal(30), Decimal(0))]]
    assert "subscription parts dropped: unreadable" in caplog.text


def test_a_sync_without_an_event_is_effective_when_stripe_was_asked(
    member: Owner, subscribe: Callable[..., str]
) -> None:
    subscribe(member)
    received = listen(TOPIC)
    cancel_subscription(OwnerType.MEMBER, member.id, at_period_end=False)
    (message,) = received()
    (row,) = subscriptions()
    assert (message["is_final"], message["status"]) == (True, "canceled")
    assert datetime.fromisoformat(message["effective_at"]) == row.ended_at
    assert amounts(message) == [(Decimal(0), Decimal(0))]
