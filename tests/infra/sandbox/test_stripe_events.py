"""Event delivery: signatures, order, duplicates, delays, both API versions, and the control API."""

import hashlib
import hmac
import json
from typing import Any

import pytest
import stripe

from infra.sandbox.delivery import Webhook
from infra.sandbox.stripe import (
    NEW_API_VERSION,
    OLD_API_VERSION,
    SANDBOX_SECRET_KEY,
    SANDBOX_WEBHOOK_SECRET,
    StripeSandbox,
)
from infra.sandbox.stripe.events import signature


@pytest.fixture
def client(stripe_sandbox: StripeSandbox) -> stripe.StripeClient:
    return stripe.StripeClient(SANDBOX_SECRET_KEY, base_addresses={"api": stripe_sandbox.url}, max_network_retries=0)


@pytest.fixture
def session(client: stripe.StripeClient) -> str:
    price = client.v1.prices.create(
        {"currency": "usd", "unit_amount": 3000, "recurring": {"interval": "month"}, "product_data": {"name": "Plan"}}
    )
    items: Any = [{"price": price.id, "quantity": 1}]
    params: Any = {"mode": "subscription", "success_url": "http://x.example", "line_items": items}
    return client.v1.checkout.sessions.create(params).id


def received_events(receiver: Any) -> list[str]:
    return [json.loads(request.body)["type"] for request in receiver.requests]


def test_events_arrive_in_order_with_valid_signatures(client, stripe_sandbox, receiver, session, clock):
    events = stripe_sandbox.complete_checkout(session)
    assert received_events(receiver) == [event["type"] for event in events]
    for request in receiver.requests:
        header = request.header("stripe-signature")
        moment, mark = (part.split("=")[1] for part in header.split(","))
        signed_bytes = moment.encode() + b"." + request.body
        assert mark == hmac.new(SANDBOX_WEBHOOK_SECRET.encode(), signed_bytes, hashlib.sha256).hexdigest()
        assert moment == str(int(clock.now))
        assert stripe.WebhookSignature.verify_header(request.body.decode(), header, SANDBOX_WEBHOOK_SECRET)


def test_stripes_own_verifier_accepts_the_signature_with_its_secret_only():
    """Secret and payload of stripe-python's tests/test_webhook.py."""
    body = b'{\n  "id": "evt_test_webhook",\n  "object": "event"\n}'
    header = signature(body, ["whsec_test_secret"], 1)
    assert stripe.WebhookSignature.verify_header(body.decode(), header, "whsec_test_secret")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(body.decode(), header, "whsec_other")


def test_during_a_rotation_every_secret_signs(client, stripe_sandbox, receiver, session):
    stripe_sandbox.webhook_secrets = ("whsec_new", "whsec_old")
    stripe_sandbox.complete_checkout(session)
    request = receiver.requests[-1]
    for secret in ("whsec_new", "whsec_old"):
        assert stripe.WebhookSignature.verify_header(request.body.decode(), request.header("stripe-signature"), secret)


def test_api_calls_emit_events(client, stripe_sandbox, receiver):
    client.v1.customers.create({"email": "a@example.com"})
    stripe_sandbox.drain()
    assert received_events(receiver) == ["customer.created"]


def test_held_events_arrive_late_shuffled_and_duplicated(client, stripe_sandbox, receiver, session):
    stripe_sandbox.hold_events = True
    events = stripe_sandbox.complete_checkout(session)
    assert not receiver.requests
    assert [event["id"] for event in stripe_sandbox.held()] == [event["id"] for event in events]
    deliveries = stripe_sandbox.deliver_held(order="shuffled", copies=3, seed=1)
    assert all(delivery.ok for delivery in deliveries)
    ids = [json.loads(request.body)["id"] for request in receiver.requests]
    assert sorted(ids) == sorted([event["id"] for event in events] * 3)
    assert ids != [event["id"] for event in events for _ in range(3)]
    assert stripe_sandbox.held() == []


def test_one_event_is_delivered_many_times_concurrently(client, stripe_sandbox, receiver, session):
    event = stripe_sandbox.complete_checkout(session)[0]
    before = len(receiver.requests)
    deliveries = stripe_sandbox.deliver([event], copies=40, parallel=8)
    assert [delivery.status for delivery in deliveries] == [200] * 40
    assert len({request.body for request in list(receiver.requests)[before:]}) == 1


def test_an_event_has_the_shape_of_the_endpoint_version(client, stripe_sandbox, receiver, session):
    stripe_sandbox.api_version = OLD_API_VERSION
    stripe_sandbox.complete_checkout(session)
    payloads = {each["type"]: each for each in (json.loads(request.body) for request in receiver.requests)}
    assert {each["api_version"] for each in payloads.values()} == {OLD_API_VERSION}
    assert "current_period_end" in payloads["customer.subscription.created"]["data"]["object"]
    invoice = payloads["invoice.paid"]["data"]["object"]
    assert payloads["charge.succeeded"]["data"]["object"]["invoice"] == invoice["id"]
    assert invoice["subscription"] == payloads["customer.subscription.created"]["data"]["object"]["id"]

    redelivery = stripe_sandbox.deliver(stripe_sandbox.events("invoice.paid"), api_version=NEW_API_VERSION)[0]
    newer = json.loads(redelivery.webhook.body)
    assert newer["data"]["object"]["parent"]["subscription_details"]["subscription"] == invoice["subscription"]
    assert "subscription" not in newer["data"]["object"]


def test_an_event_is_a_snapshot(client, stripe_sandbox, session):
    stripe_sandbox.complete_checkout(session)
    created_event = stripe_sandbox.events("customer.subscription.created")[0]
    client.v1.subscriptions.cancel(created_event["data"]["object"]["id"])
    assert json.loads(stripe_sandbox.webhook(created_event).body)["data"]["object"]["status"] == "active"
    finalized = stripe_sandbox.events("invoice.finalized")[0]["data"]["object"]
    assert (finalized["status"], finalized["amount_paid"]) == ("open", 0)


def test_a_webhook_can_be_signed_with_another_time_and_secret(client, stripe_sandbox, session):
    event = stripe_sandbox.complete_checkout(session)[0]
    webhook: Webhook = stripe_sandbox.webhook(event, signed_at=1, secrets=["whsec_other"])
    assert webhook.headers["Stripe-Signature"].startswith("t=1,v1=")
    assert stripe.WebhookSignature.verify_header(
        webhook.body.decode(), webhook.headers["Stripe-Signature"], "whsec_other"
    )


def test_events_are_kept_and_listed(client, stripe_sandbox, session):
    stripe_sandbox.complete_checkout(session)
    payment_event = client.v1.events.list({"type": "invoice.paid"}).data
    assert client.v1.events.retrieve(payment_event[0].id).data.object["status"] == "paid"
    two = client.v1.events.list({"types": ["invoice.paid", "charge.succeeded"]}).data
    assert [event.type for event in two] == ["charge.succeeded", "invoice.paid"]


def test_another_process_controls_the_sandbox_over_http(client, stripe_sandbox, receiver, session, http):
    def post(action: str, **body: object) -> Any:
        return http.post(f"{stripe_sandbox.url}/sandbox/{action}", json=body).json()

    assert http.get(f"{stripe_sandbox.url}/sandbox/health").json() == {"status": "ok"}
    assert post("endpoint", api_version=OLD_API_VERSION, hold_events=True)["hold_events"] is True
    completion = post(f"checkout/{session}/complete", email="ada@example.com")
    assert completion["events"][0]["type"] == "customer.created"
    assert not receiver.requests
    ids = [event["id"] for event in completion["events"]]
    assert len(post("events/deliver", events=ids, order="shuffled", copies=2)["deliveries"]) == 2 * len(ids)
    assert len(post(f"events/{ids[0]}/resend", copies=5, parallel=5)["deliveries"]) == 5
    assert len(receiver.requests) == 2 * len(ids) + 5
    listing = http.get(f"{stripe_sandbox.url}/sandbox/events", params={"type": "invoice.paid"}).json()["events"]
    assert [event["type"] for event in listing] == ["invoice.paid"]
    rows = http.get(f"{stripe_sandbox.url}/sandbox/deliveries").json()["deliveries"]
    assert {row["event"] for row in rows} == set(ids)
    assert http.post(f"{stripe_sandbox.url}/sandbox/checkout/{session}/complete").status_code == 400
    assert http.post(f"{stripe_sandbox.url}/sandbox/events/evt_none/resend").status_code == 404
    assert http.post(f"{stripe_sandbox.url}/sandbox/events/deliver", json={}).status_code == 400


def test_an_undelivered_event_is_recorded(client, stripe_sandbox, receiver, session):
    receiver.stop()
    stripe_sandbox.complete_checkout(session)
    assert {row["status"] for row in stripe_sandbox.deliveries()} == {None}


def test_a_second_run_keeps_the_stored_data(tmp_path, clock):
    file = tmp_path / "stripe.json"
    with StripeSandbox(state_file=file, clock=clock) as sandbox:
        client = stripe.StripeClient(SANDBOX_SECRET_KEY, base_addresses={"api": sandbox.url})
        id_ = client.v1.customers.create({"email": "a@example.com"}).id
    with StripeSandbox(state_file=file, clock=clock) as sandbox:
        client = stripe.StripeClient(SANDBOX_SECRET_KEY, base_addresses={"api": sandbox.url})
        assert client.v1.customers.retrieve(id_).email == "a@example.com"
        assert len(sandbox.events("customer.created")) == 1
