"""The sandbox's pages: the portal offers the plans of its configuration with amounts, and invoice links open."""

from typing import Any

import pytest
import stripe

from infra.sandbox.stripe import SANDBOX_SECRET_KEY


@pytest.fixture
def client(stripe_sandbox) -> stripe.StripeClient:
    return stripe.StripeClient(SANDBOX_SECRET_KEY, base_addresses={"api": stripe_sandbox.url}, max_network_retries=0)


def sell(client: stripe.StripeClient, name: str, amount: int) -> Any:
    product = client.v1.products.create({"name": name})
    recurring: Any = {"interval": "month"}
    return client.v1.prices.create(
        {"product": product.id, "currency": "usd", "unit_amount": amount, "recurring": recurring}
    )


def subscribe(client: stripe.StripeClient, stripe_sandbox: Any, price: Any) -> str:
    customer = client.v1.customers.create({"email": "ada@example.com"}).id
    session = client.v1.checkout.sessions.create(
        {
            "mode": "subscription",
            "customer": customer,
            "success_url": "http://x.example",
            "line_items": [{"price": price.id, "quantity": 1}],
        }
    )
    stripe_sandbox.complete_checkout(session.id)
    return customer


def test_the_portal_offers_the_plans_of_its_configuration_with_amounts(client, stripe_sandbox, http):
    one, two, addon = sell(client, "One", 1_000), sell(client, "Two", 250_000), sell(client, "Box", 4_900)
    customer = subscribe(client, stripe_sandbox, one)
    products = [{"product": price.product, "prices": [price.id]} for price in (one, two)]
    update = {"enabled": True, "default_allowed_updates": ["price"], "products": products}
    settings: Any = {"features": {"subscription_update": update}}
    configuration = client.v1.billing_portal.configurations.create(settings).id
    session = client.v1.billing_portal.sessions.create({"customer": customer, "configuration": configuration})
    page = http.get(session.url).text
    assert "<h2>One, 10.00 USD per month</h2>" in page
    assert ">Change to Two, 2,500.00 USD per month</button>" in page
    assert "Box" not in page
    subscription = client.v1.subscriptions.list({"customer": customer}).data[0].id
    fields = {"subscription": subscription, "action": "change"}
    assert http.post(session.url, data=fields | {"price": addon.id}).status_code == 400
    assert http.post(session.url, data=fields | {"price": two.id}).status_code == 303
    default = client.v1.billing_portal.sessions.create({"customer": customer})
    assert "Change to" not in http.get(default.url).text


def test_an_invalid_configuration_is_refused(client):
    with pytest.raises(stripe.InvalidRequestError, match="No such product"):
        products = [{"product": "prod_none", "prices": ["price_none"]}]
        params: Any = {"features": {"subscription_update": {"enabled": True, "products": products}}}
        client.v1.billing_portal.configurations.create(params)
    configuration = client.v1.billing_portal.configurations.create(
        {"features": {"invoice_history": {"enabled": True}}}
    ).id
    client.v1.billing_portal.configurations.update(configuration, {"active": False})
    customer = client.v1.customers.create({"email": "ada@example.com"}).id
    with pytest.raises(stripe.InvalidRequestError, match="not active"):
        client.v1.billing_portal.sessions.create({"customer": customer, "configuration": configuration})


def test_links_to_invoices_and_receipts_open(client, stripe_sandbox, http):
    customer = subscribe(client, stripe_sandbox, sell(client, "One", 1_000))
    (invoice,) = client.v1.invoices.list({"customer": customer}).data
    for url in (invoice.hosted_invoice_url, invoice.invoice_pdf):
        page = http.get(url)
        assert page.status_code == 200
        assert all(text in page.text for text in (invoice.number, "10.00 USD", "Status: paid", "1 × One"))
    charge = stripe_sandbox.events("charge.succeeded")[0]["data"]["object"]
    assert "10.00 USD" in http.get(charge["receipt_url"]).text
    assert http.get(f"{stripe_sandbox.url}/i/in_none").status_code == 404
    assert http.get(f"{stripe_sandbox.url}/receipts/{invoice.id}").status_code == 404
