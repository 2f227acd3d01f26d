"""Price changes of a subscription: amounts, billing time and previews."""

from typing import Any

import httpx2
import pytest
import stripe

from infra.sandbox.stripe import OLD_API_VERSION, SANDBOX_SECRET_KEY, StripeSandbox
from infra.sandbox.stripe.price_changes import DECLINING_METHOD

DAY = 24 * 3600


@pytest.fixture
def client(stripe_sandbox: StripeSandbox) -> stripe.StripeClient:
    return stripe.StripeClient(SANDBOX_SECRET_KEY, base_addresses={"api": stripe_sandbox.url}, max_network_retries=0)


def make_price(client: stripe.StripeClient, amount: int, interval: str = "month") -> str:
    product = client.v1.products.create({"name": f"{amount} a {interval}"})
    price: Any = {"product": product.id, "currency": "usd", "unit_amount": amount, "recurring": {"interval": interval}}
    return client.v1.prices.create(price).id


@pytest.fixture
def active_subscription(client, stripe_sandbox) -> Any:
    """A new subscription to 10.00 a month."""
    session = client.v1.checkout.sessions.create(
        {
            "mode": "subscription",
            "success_url": "http://127.0.0.1:8000/done",
            "line_items": [{"price": make_price(client, 1000), "quantity": 1}],
        }
    )
    stripe_sandbox.complete_checkout(session.id)
    (subscription,) = client.v1.subscriptions.list().data
    return subscription


def price_change(active_subscription: Any, price: str, **rest: Any) -> dict[str, Any]:
    return {"items": [{"id": active_subscription["items"].data[0].id, "price": price}], **rest}


def preview_invoice_of(client, active_subscription: Any, details: dict[str, Any]) -> Any:
    return client.v1.invoices.create_preview({"subscription": active_subscription.id, "subscription_details": details})


def advance_half_period(clock, active_subscription: Any) -> int:
    item = active_subscription["items"].data[0]
    clock.now = (item.current_period_start + item.current_period_end) / 2
    return int(clock.now)


def test_an_upgrade_halfway_costs_half_the_difference(client, clock, active_subscription, stripe_sandbox):
    """https://docs.stripe.com/billing/subscriptions/prorations: -5 and +10."""
    at, dearer = advance_half_period(clock, active_subscription), make_price(client, 2000)
    params = price_change(active_subscription, dearer, proration_behavior="always_invoice", proration_date=at)
    preview_invoice = preview_invoice_of(client, active_subscription, params)
    assert (
        preview_invoice.status,
        preview_invoice.amount_due,
        [line.amount for line in preview_invoice.lines.data],
    ) == ("draft", 500, [-500, 1000])
    stripe_sandbox.drain()
    known = len(stripe_sandbox.events())
    updated_subscription = client.v1.subscriptions.update(
        active_subscription.id, params | {"metadata": {"plan": "dearer"}}
    )
    assert [event["type"] for event in stripe_sandbox.events()[known:]] == [
        "customer.subscription.updated",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "payment_intent.succeeded",
        "charge.succeeded",
    ]
    invoice: Any = client.v1.invoices.retrieve(updated_subscription.latest_invoice, {"expand": ["payments"]})
    assert (invoice.status, invoice.amount_paid, invoice.billing_reason) == ("paid", 500, "subscription_update")
    assert [line.amount for line in invoice.lines.data] == [-500, 1000]
    assert all(line.parent.subscription_item_details.proration for line in invoice.lines.data)
    assert {line.invoice for line in invoice.lines.data} == {invoice.id}
    assert invoice.payments.data[0].amount_paid == 500
    item, before = updated_subscription["items"].data[0], active_subscription["items"].data[0]
    assert (item.price.id, item.current_period_end) == (dearer, before.current_period_end)


def test_a_downgrade_waits_for_the_next_invoice_which_the_preview_is(
    client, clock, active_subscription, stripe_sandbox
):
    at, cheaper = advance_half_period(clock, active_subscription), make_price(client, 400)
    params = price_change(active_subscription, cheaper, proration_behavior="create_prorations", proration_date=at)
    preview_invoice = preview_invoice_of(client, active_subscription, params)
    assert [line.amount for line in preview_invoice.lines.data] == [-500, 200, 400]
    assert (preview_invoice.total, preview_invoice.amount_due) == (100, 100)
    updated_subscription = client.v1.subscriptions.update(active_subscription.id, params)
    assert updated_subscription.latest_invoice == active_subscription.latest_invoice
    assert preview_invoice_of(client, updated_subscription, {}).total == 100
    reverted = client.v1.subscriptions.update(
        active_subscription.id, price_change(active_subscription, active_subscription["items"].data[0].price.id)
    )
    assert preview_invoice_of(client, reverted, {}).total == 1000


def test_another_interval_starts_a_period_and_is_billed_at_once(client, clock, active_subscription):
    advance_half_period(clock, active_subscription)
    updated_subscription = client.v1.subscriptions.update(
        active_subscription.id, price_change(active_subscription, make_price(client, 10_000, "year"))
    )
    item = updated_subscription["items"].data[0]
    assert (item.current_period_start, item.current_period_end) == (int(clock.now), int(clock.now) + 365 * DAY)
    invoice = client.v1.invoices.retrieve(updated_subscription.latest_invoice)
    assert [line.amount for line in invoice.lines.data] == [-500, 10_000]
    assert [line.parent.subscription_item_details.proration for line in invoice.lines.data] == [True, False]


def test_an_excess_credit_stays_on_the_customer_balance(client, clock, active_subscription):
    advance_half_period(clock, active_subscription)
    updated_subscription = client.v1.subscriptions.update(
        active_subscription.id, price_change(active_subscription, make_price(client, 100, "week"))
    )
    invoice = client.v1.invoices.retrieve(updated_subscription.latest_invoice)
    assert (invoice.total, invoice.amount_due, invoice.ending_balance, invoice.status) == (-400, 0, -400, "paid")
    assert client.v1.customers.retrieve(active_subscription.customer).balance == -400
    assert preview_invoice_of(client, updated_subscription, {}).amount_due == 0


def test_a_declined_payment_changes_nothing(client, clock, active_subscription, stripe_sandbox):
    advance_half_period(clock, active_subscription)
    with stripe_sandbox.store() as store:
        store.get("subscription", active_subscription.id)["default_payment_method"] = DECLINING_METHOD
    stripe_sandbox.drain()
    known = len(stripe_sandbox.events())
    params = price_change(
        active_subscription,
        make_price(client, 2000),
        proration_behavior="always_invoice",
        payment_behavior="error_if_incomplete",
    )
    with pytest.raises(stripe.CardError) as error:
        client.v1.subscriptions.update(active_subscription.id, params)
    assert (error.value.http_status, error.value.code) == (402, "card_declined")
    after = client.v1.subscriptions.retrieve(active_subscription.id)
    assert (after["items"], after.latest_invoice) == (active_subscription["items"], active_subscription.latest_invoice)
    assert len(stripe_sandbox.events()) == known


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"proration_date": 1}, "proration_date"),
        ({"items": [{"id": "si_none", "price": "price_none"}]}, "items[0][id]"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_an_invalid_change_is_refused(client, active_subscription, change, param):
    with pytest.raises(stripe.InvalidRequestError) as error:
        client.v1.subscriptions.update(
            active_subscription.id, {**price_change(active_subscription, make_price(client, 2000)), **change}
        )
    assert error.value.param == param


def test_the_same_price_changes_nothing(client, clock, active_subscription):
    advance_half_period(clock, active_subscription)
    same = price_change(
        active_subscription, active_subscription["items"].data[0].price.id, proration_behavior="always_invoice"
    )
    assert (
        client.v1.subscriptions.update(active_subscription.id, same).latest_invoice
        == active_subscription.latest_invoice
    )


def test_before_2025_prorations_are_invoice_items(
    client, clock, active_subscription, http: httpx2.Client, stripe_sandbox
):
    advance_half_period(clock, active_subscription)
    params = price_change(active_subscription, make_price(client, 2000), proration_behavior="always_invoice")
    invoice = client.v1.subscriptions.update(active_subscription.id, params).latest_invoice
    headers = {"Authorization": f"Bearer {SANDBOX_SECRET_KEY}", "Stripe-Version": OLD_API_VERSION}
    lines = http.get(f"{stripe_sandbox.url}/v1/invoices/{invoice}", headers=headers).json()["lines"]["data"]
    assert [(line["type"], line["proration"], line["invoice_item"][:3]) for line in lines] == [
        ("invoiceitem", True, "ii_"),
        ("invoiceitem", True, "ii_"),
    ]
