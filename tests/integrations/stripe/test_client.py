"""The Stripe client against the sandbox, over real HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from chalicelib.integrations.stripe import checkout_sessions, products
from chalicelib.integrations.stripe import client as stripe_client
from chalicelib.integrations.stripe import customers as stripe_customers
from chalicelib.integrations.stripe import invoices as stripe_invoices
from chalicelib.integrations.stripe import subscriptions as stripe_subscriptions
from chalicelib.integrations.stripe.client import API_VERSION
from chalicelib.integrations.stripe.errors import StripeObjectNotFound, StripeRefused
from chalicelib.kit import config
from chalicelib.kit.config import SettingMissing
from chalicelib.kit.errors import Conflict, Unavailable
from infra.sandbox.stripe import StripeSandbox


@pytest.fixture(autouse=True)
def _fresh_client() -> Iterator[None]:
    stripe_client.forget_client()
    yield
    stripe_client.forget_client()
    config.settings.cache_clear()


def key() -> str:
    return str(uuid.uuid4())


def test_every_call_is_made_in_the_pinned_version(stripe_sandbox: StripeSandbox) -> None:
    stripe_customers.create_customer("a@example.com", None, {}, key())
    request = stripe_sandbox.requests[-1]
    assert request.header("stripe-version") == API_VERSION
    assert request.header("authorization").startswith("Bearer sk_test_")


def test_a_changed_key_is_used_by_a_warm_process(
    stripe_sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    stripe_customers.create_customer("a@example.com", None, {}, key())
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_of_another_account")

    with pytest.raises(StripeRefused):
        stripe_customers.create_customer("a@example.com", None, {}, key())

    assert stripe_sandbox.requests[-1].header("authorization") == "Bearer sk_test_of_another_account"


def test_one_idempotency_key_creates_one_customer(stripe_sandbox: StripeSandbox) -> None:
    one = key()
    first = stripe_customers.create_customer("a@example.com", "Ada", {"owner_id": "1"}, one)
    assert stripe_customers.create_customer("a@example.com", "Ada", {"owner_id": "1"}, one) == first
    with pytest.raises(Conflict):
        stripe_customers.create_customer("b@example.com", "Ada", {"owner_id": "1"}, one)


def test_products_and_prices_are_created_once_and_the_lookup_key_moves(stripe_sandbox: StripeSandbox) -> None:
    product, lookup, one = f"backroom_{key()}", f"key_{key()}", key()
    products.put_product(product, "Before", "…")
    products.put_product(product, "After", "…")
    first = products.create_price(product, lookup, 1000, "USD", "month", one)
    assert products.create_price(product, lookup, 1000, "USD", "month", one)["id"] == first["id"]
    assert products.list_prices_by_lookup_key([lookup]).keys() == {lookup}
    second = products.create_price(product, lookup, 1100, "USD", "month", key())
    assert products.list_prices_by_lookup_key([lookup])[lookup]["id"] == second["id"] != first["id"]
    with stripe_sandbox.store() as store:
        assert store.get("product", product)["name"] == "After"


def test_responses_are_plain_data_with_expanded_fields(stripe_sandbox: StripeSandbox) -> None:
    product = f"backroom_{key()}"
    products.put_product(product, "Plan", "…")
    price = products.create_price(product, f"key_{key()}", 1000, "USD", "month", key())
    customer = stripe_customers.create_customer("a@example.com", None, {}, key())
    session = checkout_sessions.create_checkout_session(
        {
            "mode": "subscription",
            "customer": customer,
            "line_items": [{"price": price["id"], "quantity": 1}],
            "success_url": "https://app.example.com/thanks",
        },
        key(),
    )
    events = stripe_sandbox.complete_checkout(session["id"])
    shown = next(event["data"]["object"] for event in events if event["type"] == "invoice.paid")
    invoice = stripe_invoices.retrieve_invoice(shown["id"])
    assert type(invoice) is dict
    (payment,) = invoice["payments"]["data"]
    assert type(payment) is dict
    assert payment["payment"]["payment_intent"]["latest_charge"].startswith("ch_")
    subscription_id = shown["parent"]["subscription_details"]["subscription"]
    assert stripe_subscriptions.retrieve_subscription(subscription_id)["items"]["data"][0]["current_period_end"]
    assert stripe_invoices.list_open_invoices(subscription_id) == []


def test_what_stripe_does_not_have_is_missing(stripe_sandbox: StripeSandbox) -> None:
    for read in (stripe_subscriptions.retrieve_subscription, stripe_invoices.retrieve_invoice):
        with pytest.raises(StripeObjectNotFound):
            read("nothing_1")


def test_a_wrong_api_key_is_refused_without_being_printed(
    stripe_sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_of_somebody_else")
    with pytest.raises(StripeRefused) as refused:
        stripe_subscriptions.retrieve_subscription("sub_1")
    assert "sk_test" not in str(refused.value)
    assert refused.value.status == 502


def test_an_unreachable_stripe_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_API_BASE", "http://127.0.0.1:9")
    config.settings.cache_clear()
    with pytest.raises(Unavailable) as unavailable:
        stripe_subscriptions.retrieve_subscription("sub_1")
    assert unavailable.value.headers == {"Retry-After": "5"}


@pytest.mark.parametrize("live", ["sk_live_0123456789", "rk_live_0123456789"])
def test_live_keys_are_refused_outside_prod(monkeypatch: pytest.MonkeyPatch, live: str) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", live)
    with pytest.raises(SettingMissing) as refused:
        stripe_subscriptions.retrieve_subscription("sub_1")
    assert live not in str(refused.value)
