"""Changes of a subscription in the sandbox, over real HTTP: requests and errors."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest

from chalicelib.integrations.stripe import checkout_sessions, portal, products
from chalicelib.integrations.stripe import client as stripe_client
from chalicelib.integrations.stripe import customers as stripe_customers
from chalicelib.integrations.stripe import invoices as stripe_invoices
from chalicelib.integrations.stripe import subscriptions as stripe_subscriptions
from chalicelib.integrations.stripe.client import API_VERSION, Json
from chalicelib.integrations.stripe.errors import PaymentDeclined, StripeObjectNotFound
from chalicelib.integrations.stripe.subscriptions import PriceChange
from chalicelib.kit.errors import Conflict
from infra.sandbox.stripe import StripeSandbox
from infra.sandbox.stripe.price_changes import DECLINING_METHOD


@pytest.fixture(autouse=True)
def _fresh_client() -> Iterator[None]:
    stripe_client.forget_client()
    yield
    stripe_client.forget_client()


def key() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def active_subscription(stripe_sandbox: StripeSandbox) -> Json:
    """A subscription to 10.00 a month."""
    stripe_sandbox.webhook_url = None
    plan = f"plan_{key()}"
    products.put_product(plan, "A plan", "For a test.")
    cheap, dear = (
        products.create_price(plan, f"{plan}_{amount}", amount, "USD", "month", key()) for amount in (1000, 2000)
    )
    customer = stripe_customers.create_customer("a@example.com", None, {}, key())
    asked = {
        "mode": "subscription",
        "customer": customer,
        "line_items": [{"price": cheap["id"], "quantity": 1}],
        "success_url": "https://a.b/",
    }
    session = checkout_sessions.create_checkout_session(asked, key())
    stripe_sandbox.complete_checkout(session["id"])
    with stripe_sandbox.store() as store:
        (row,) = [row for row in store.all("subscription") if row["customer"] == customer]
    return dict(row) | {"dearer": dear["id"]}


def change(active_subscription: Json, **facts: object) -> PriceChange:
    item = active_subscription["items"]["data"][0]
    given: Json = {"quantity": 1, "behavior": "always_invoice", "proration_date": None} | facts
    return PriceChange(active_subscription["id"], item["id"], active_subscription["dearer"], **given)


def last_request(stripe_sandbox: StripeSandbox) -> dict[str, str]:
    return dict(parse_qsl(stripe_sandbox.requests[-1].body.decode()))


def test_a_price_change_names_its_item_and_keeps_the_quantity(
    active_subscription: Json, stripe_sandbox: StripeSandbox
) -> None:
    date, one = active_subscription["items"]["data"][0]["current_period_start"], key()
    updated_subscription = stripe_subscriptions.change_price(
        change(active_subscription, quantity=2, proration_date=date), {"plan": "p"}, one
    )
    assert last_request(stripe_sandbox) == {
        "items[0][id]": active_subscription["items"]["data"][0]["id"],
        "items[0][price]": active_subscription["dearer"],
        "items[0][quantity]": "2",
        "proration_behavior": "always_invoice",
        "proration_date": str(date),
        "payment_behavior": "error_if_incomplete",
        "metadata[plan]": "p",
    }
    request = stripe_sandbox.requests[-1]
    assert (request.header("stripe-version"), request.header("idempotency-key")) == (API_VERSION, one)
    assert stripe_invoices.retrieve_invoice(updated_subscription["latest_invoice"])["amount_paid"] == 3000


def test_without_proration_no_date_is_sent(active_subscription: Json, stripe_sandbox: StripeSandbox) -> None:
    stripe_invoices.preview_price_change(change(active_subscription, behavior="none", proration_date=1))
    assert "subscription_details[proration_date]" not in last_request(stripe_sandbox)


def test_the_same_key_with_another_change_is_a_conflict(active_subscription: Json) -> None:
    one = key()
    stripe_subscriptions.change_price(change(active_subscription), {}, one)
    with pytest.raises(Conflict):
        stripe_subscriptions.change_price(change(active_subscription, quantity=5), {}, one)


def test_a_declined_payment_raises_without_details(active_subscription: Json, stripe_sandbox: StripeSandbox) -> None:
    with stripe_sandbox.store() as store:
        store.get("subscription", active_subscription["id"])["default_payment_method"] = DECLINING_METHOD
    with pytest.raises(PaymentDeclined) as error:
        stripe_subscriptions.change_price(change(active_subscription), {}, key())
    assert error.value.status == 402
    assert "card" not in error.value.detail


def test_what_has_ended_cannot_be_ended(active_subscription: Json) -> None:
    assert stripe_subscriptions.cancel_at_period_end(active_subscription["id"], key())["cancel_at_period_end"]
    assert not stripe_subscriptions.resume_subscription(active_subscription["id"], False, key())["cancel_at_period_end"]
    assert stripe_subscriptions.cancel_now(active_subscription["id"])["status"] == "canceled"
    with pytest.raises(StripeObjectNotFound):
        stripe_subscriptions.cancel_now(active_subscription["id"])


def test_one_idempotency_key_opens_one_portal(active_subscription: Json) -> None:
    one = key()
    first = portal.create_portal_session(active_subscription["customer"], "https://a.b/", None, one)
    assert portal.create_portal_session(active_subscription["customer"], "https://a.b/", None, one) == first
