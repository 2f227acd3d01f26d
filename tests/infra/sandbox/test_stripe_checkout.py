"""Checkout: the objects after a payment, in both API versions, and the operations on them."""

from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
import stripe

from infra.sandbox.stripe import OLD_API_VERSION, SANDBOX_SECRET_KEY, ApiError, StripeSandbox
from infra.sandbox.stripe.intervals import add_interval

DAY = 24 * 3600


@pytest.fixture
def client(stripe_sandbox: StripeSandbox) -> stripe.StripeClient:
    return stripe.StripeClient(SANDBOX_SECRET_KEY, base_addresses={"api": stripe_sandbox.url}, max_network_retries=0)


def start_checkout(client: stripe.StripeClient, **changes: Any) -> str:
    product = client.v1.products.create({"name": "Try it out"})
    price: Any = {"product": product.id, "currency": "usd", "unit_amount": 3000, "lookup_key": f"plan-{product.id}"}
    if changes.get("mode") != "payment":
        price["recurring"] = {"interval": "month"}
    new_price = client.v1.prices.create(price)
    params: Any = {
        "mode": "subscription",
        "success_url": "http://127.0.0.1:8000/done?session={CHECKOUT_SESSION_ID}",
        "line_items": [{"price": new_price.id, "quantity": 1}],
        **changes,
    }
    return client.v1.checkout.sessions.create(params).id


def fetch_2020(http: httpx2.Client, sandbox: StripeSandbox, path: str) -> Any:
    headers = {"Authorization": f"Bearer {SANDBOX_SECRET_KEY}", "Stripe-Version": OLD_API_VERSION}
    return http.get(f"{sandbox.url}{path}", headers=headers).json()


def test_a_deleted_customer_is_refused(client, stripe_sandbox):
    """https://docs.stripe.com/api/customers/delete"""
    customer = client.v1.customers.create({"email": "a@example.com"}).id
    session_id = start_checkout(client, customer=customer)
    client.v1.customers.delete(customer)
    with pytest.raises(stripe.InvalidRequestError, match="No such customer") as error:
        start_checkout(client, customer=customer)
    assert (error.value.code, error.value.param) == ("resource_missing", "customer")
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        client.v1.billing_portal.sessions.create({"customer": customer})
    with pytest.raises(ApiError, match="No such customer"):
        stripe_sandbox.complete_checkout(session_id)


def test_the_objects_of_a_paid_subscription_reference_each_other(client, stripe_sandbox, clock):
    session_id = start_checkout(client, subscription_data={"metadata": {"owner": "m1"}}, client_reference_id="m1")
    events = stripe_sandbox.complete_checkout(session_id, email="ada@example.com")
    assert [event["type"] for event in events] == [
        "customer.created",
        "checkout.session.completed",
        "customer.subscription.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "payment_intent.succeeded",
        "charge.succeeded",
    ]
    session = client.v1.checkout.sessions.retrieve(session_id, {"expand": ["subscription.latest_invoice.payments"]})
    assert (session.status, session.payment_status, session.customer_details.email) == (
        "complete",
        "paid",
        "ada@example.com",
    )
    subscription: Any = session.subscription
    assert (subscription.status, subscription.metadata["owner"]) == ("active", "m1")
    item = subscription["items"].data[0]
    assert item.current_period_start == int(clock.now)
    assert item.current_period_end == add_interval(int(clock.now), "month", 1)
    assert "current_period_end" not in subscription
    invoice = subscription.latest_invoice
    assert invoice.parent.subscription_details.subscription == subscription.id
    line = invoice.lines.data[0]
    assert (line.period.end, line.pricing.price_details.price) == (item.current_period_end, item.price.id)
    assert (invoice.status, invoice.amount_paid) == ("paid", 3000)
    assert not {"subscription", "charge", "payment_intent", "paid"} & set(invoice.to_dict())
    payment = invoice.payments.data[0]
    intent = client.v1.payment_intents.retrieve(payment.payment.payment_intent)
    assert "invoice" not in intent
    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.paid, charge.amount, charge.customer) == (True, 3000, subscription.customer)
    listing = client.v1.invoice_payments.list({"payment": {"type": "payment_intent", "payment_intent": intent.id}})
    assert [row.invoice for row in listing.data] == [invoice.id]


def test_objects_have_the_shape_of_api_version_2020(client, stripe_sandbox, http):
    stripe_sandbox.complete_checkout(start_checkout(client))
    invoice = fetch_2020(
        http, stripe_sandbox, f"/v1/invoices/{stripe_sandbox.events('invoice.paid')[0]['data']['object']['id']}"
    )
    subscription = fetch_2020(http, stripe_sandbox, f"/v1/subscriptions/{invoice['subscription']}")
    item = subscription["items"]["data"][0]
    assert subscription["current_period_end"] == invoice["lines"]["data"][0]["period"]["end"]
    assert "current_period_end" not in item
    assert subscription["discount"] is None
    assert subscription["plan"]["id"] == item["price"]["id"]
    assert invoice["paid"] is True
    assert "parent" not in invoice
    line = invoice["lines"]["data"][0]
    assert (line["type"], line["subscription"], line["price"]["id"]) == (
        "subscription",
        subscription["id"],
        item["price"]["id"],
    )
    charge = fetch_2020(http, stripe_sandbox, f"/v1/charges/{invoice['charge']}")
    intent = fetch_2020(http, stripe_sandbox, f"/v1/payment_intents/{invoice['payment_intent']}")
    assert charge["invoice"] == intent["invoice"] == invoice["id"]
    assert charge["refunds"]["data"] == []
    assert intent["charges"]["data"][0]["id"] == charge["id"]
    path = f"/v1/subscriptions/{subscription['id']}?expand[]=latest_invoice.payment_intent"
    assert fetch_2020(http, stripe_sandbox, path)["latest_invoice"]["payment_intent"]["id"] == intent["id"]


def test_invoices_are_listed_by_subscription_with_their_payment_intents(client, stripe_sandbox):
    for _ in range(2):
        stripe_sandbox.complete_checkout(start_checkout(client))
    invoice = stripe_sandbox.events("invoice.paid")[0]["data"]["object"]
    subscription = invoice["parent"]["subscription_details"]["subscription"]
    result: Any = client.v1.invoices.list({"subscription": subscription, "status": "paid"}).data
    assert [row.id for row in result] == [invoice["id"]]
    expand: Any = {"expand": ["payments.data.payment.payment_intent"]}
    payments: Any = client.v1.invoices.retrieve(invoice["id"], expand).payments
    assert payments.data[0].payment.payment_intent.status == "succeeded"
    assert client.v1.invoices.list({"subscription": subscription, "status": "open"}).data == []


def test_an_invalid_expansion_is_an_error(client, stripe_sandbox):
    stripe_sandbox.complete_checkout(start_checkout(client))
    id_ = stripe_sandbox.events("customer.subscription.created")[0]["data"]["object"]["id"]
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        client.v1.subscriptions.retrieve(id_, {"expand": ["latest_invoice.charge"]})


def test_a_one_time_payment_has_no_invoice_and_no_customer(client, stripe_sandbox):
    session_id = start_checkout(client, mode="payment", payment_intent_data={"metadata": {"pack": "10"}})
    events = stripe_sandbox.complete_checkout(session_id)
    assert [event["type"] for event in events] == [
        "checkout.session.completed",
        "payment_intent.succeeded",
        "charge.succeeded",
    ]
    session = client.v1.checkout.sessions.retrieve(session_id)
    assert (session.customer, session.invoice, session.subscription) == (None, None, None)
    assert client.v1.payment_intents.retrieve(str(session.payment_intent)).metadata["pack"] == "10"


def test_a_checkout_keeps_the_existing_customer(client, stripe_sandbox):
    customer = client.v1.customers.create({"email": "ada@example.com"})
    events = stripe_sandbox.complete_checkout(start_checkout(client, customer=customer.id))
    assert events[0]["type"] == "checkout.session.completed"
    assert events[0]["data"]["object"]["customer"] == customer.id
    assert [row.status for row in client.v1.subscriptions.list({"customer": customer.id}).data] == ["active"]


def test_a_trial_has_no_amount_due(client, stripe_sandbox, clock):
    events = stripe_sandbox.complete_checkout(start_checkout(client, subscription_data={"trial_period_days": 7}))
    assert "charge.succeeded" not in [event["type"] for event in events]
    session, subscription = (event["data"]["object"] for event in events[1:3])
    assert session["payment_status"] == "no_payment_required"
    assert (subscription["status"], subscription["trial_end"]) == ("trialing", int(clock.now) + 7 * DAY)
    assert client.v1.invoices.retrieve(session["invoice"]).amount_due == 0


def test_a_session_is_paid_once_before_it_expires(client, stripe_sandbox, clock):
    first, second = start_checkout(client), start_checkout(client)
    stripe_sandbox.complete_checkout(first)
    with pytest.raises(ApiError):
        stripe_sandbox.complete_checkout(first)
    clock.now += DAY
    with pytest.raises(ApiError):
        stripe_sandbox.complete_checkout(second)


def test_a_subscription_is_canceled_at_period_end_or_at_once(client, stripe_sandbox):
    stripe_sandbox.complete_checkout(start_checkout(client))
    id_ = stripe_sandbox.events("customer.subscription.created")[0]["data"]["object"]["id"]
    later: Any = client.v1.subscriptions.update(id_, {"cancel_at_period_end": True})
    assert later.cancel_at == later["items"].data[0].current_period_end
    updates = stripe_sandbox.events("customer.subscription.updated")[0]["data"]
    assert updates["previous_attributes"] == {"cancel_at_period_end": False, "cancel_at": None, "canceled_at": None}
    subscription_after = client.v1.subscriptions.update(id_, {"cancel_at_period_end": False})
    assert (subscription_after.cancel_at, subscription_after.canceled_at) == (None, None)
    canceled_subscription = client.v1.subscriptions.cancel(id_)
    assert (canceled_subscription.status, canceled_subscription.ended_at is not None) == ("canceled", True)
    assert stripe_sandbox.events()[-1]["type"] == "customer.subscription.deleted"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.subscriptions.update(id_, {"cancel_at_period_end": True})


def test_refunds_never_exceed_the_charge(client, stripe_sandbox):
    stripe_sandbox.complete_checkout(start_checkout(client))
    charge = stripe_sandbox.events("charge.succeeded")[0]["data"]["object"]
    part = client.v1.refunds.create({"charge": charge["id"], "amount": 1000, "reason": "requested_by_customer"})
    assert client.v1.refunds.retrieve(part.id).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        client.v1.refunds.create({"charge": charge["id"], "amount": 2001})
    client.v1.refunds.create({"payment_intent": charge["payment_intent"]})
    whole = client.v1.charges.retrieve(charge["id"], {"expand": ["refunds"]})
    assert (whole.amount_refunded, whole.refunded) == (3000, True)
    assert whole.refunds is not None
    assert [row.amount for row in whole.refunds.data] == [2000, 1000]
    with pytest.raises(stripe.InvalidRequestError) as error:
        client.v1.refunds.create({"charge": charge["id"]})
    assert error.value.code == "charge_already_refunded"
    refund_events = stripe_sandbox.events("charge.refunded")
    assert [event["data"]["object"]["amount_refunded"] for event in refund_events] == [1000, 3000]


@pytest.mark.parametrize(
    ("start", "interval", "count", "end"),
    [
        ("2026-01-31", "month", 1, "2026-02-28"),
        ("2028-01-31", "month", 1, "2028-02-29"),
        ("2028-02-29", "year", 1, "2029-02-28"),
        ("2026-12-15", "month", 3, "2027-03-15"),
        ("2026-12-30", "week", 2, "2027-01-13"),
        ("2026-12-31", "day", 1, "2027-01-01"),
    ],
)
def test_periods_follow_the_calendar(start, interval, count, end):
    def at(day: str) -> int:
        return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())

    assert add_interval(at(start), interval, count) == at(end)


def test_a_browser_pays_and_returns_to_the_shop(client, stripe_sandbox, http):
    session_id = start_checkout(client, customer_email="ada@example.com", cancel_url="http://127.0.0.1:8000/back")
    page = http.get(f"{stripe_sandbox.url}/c/pay/{session_id}")
    assert "Pay 30.00 USD" in page.text
    assert "http://127.0.0.1:8000/back" in page.text
    payment_response = http.post(f"{stripe_sandbox.url}/c/pay/{session_id}", data={"email": "ada@example.com"})
    assert (payment_response.status_code, payment_response.headers["location"]) == (
        303,
        f"http://127.0.0.1:8000/done?session={session_id}",
    )
    assert client.v1.checkout.sessions.retrieve(session_id).payment_status == "paid"
    assert "complete" in http.get(f"{stripe_sandbox.url}/c/pay/{session_id}").text
    assert http.post(f"{stripe_sandbox.url}/c/pay/{session_id}").status_code == 400
    assert http.get(f"{stripe_sandbox.url}/c/pay/cs_none").status_code == 404


def test_a_customer_cancels_in_the_portal(client, stripe_sandbox, http):
    stripe_sandbox.complete_checkout(start_checkout(client))
    subscription = stripe_sandbox.events("customer.subscription.created")[0]["data"]["object"]
    portal = client.v1.billing_portal.sessions.create(
        {"customer": subscription["customer"], "return_url": "http://x.example"}
    )
    assert "Cancel at period end" in http.get(portal.url).text
    assert http.post(portal.url, data={"subscription": subscription["id"]}).status_code == 303
    assert client.v1.subscriptions.retrieve(subscription["id"]).cancel_at_period_end is True
    assert "ends with its period" in http.get(portal.url).text
    assert http.post(portal.url, data={"subscription": "sub_none"}).status_code == 404


def test_every_field_exists_in_the_current_stripe_api(client, stripe_sandbox):
    """Compared with the typed classes of stripe-python, which follow its pinned version."""
    classes: dict[str, Any] = {
        "customer": stripe.Customer,
        "checkout.session": stripe.checkout.Session,
        "subscription": stripe.Subscription,
        "invoice": stripe.Invoice,
        "payment_intent": stripe.PaymentIntent,
        "charge": stripe.Charge,
        "refund": stripe.Refund,
    }
    events = stripe_sandbox.complete_checkout(start_checkout(client))
    client.v1.refunds.create({"charge": events[-1]["data"]["object"]["id"]})
    rows = [event["data"]["object"] for event in stripe_sandbox.events()]
    invoice = stripe_sandbox.events("invoice.paid")[0]["data"]["object"]
    item = stripe_sandbox.events("customer.subscription.created")[0]["data"]["object"]["items"]["data"][0]
    pairs = [(row, classes[row["object"]]) for row in rows]
    pairs += [(invoice["lines"]["data"][0], stripe.InvoiceLineItem), (item, stripe.SubscriptionItem)]
    pairs += [(item["price"], stripe.Price), (item["plan"], stripe.Plan), (events[0], stripe.Event)]
    pairs += [(client.v1.invoice_payments.list().data[0].to_dict(), stripe.InvoicePayment)]
    pairs += [(client.v1.products.list().data[0].to_dict(), stripe.Product)]
    assert {row["object"] for row in rows} == set(classes)
    for row, kind in pairs:
        assert set(row) <= set(kind.__annotations__), row["object"]
