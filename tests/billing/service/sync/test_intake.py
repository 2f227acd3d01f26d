"""Intake of Stripe events: refused, stored and queued again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import WebhookStatus
from chalicelib.billing.models import StripeWebhook
from chalicelib.billing.schemas.messages import EventReceived
from chalicelib.integrations.stripe import client
from chalicelib.integrations.stripe.signature import sign
from chalicelib.kit import aws, clock, messages
from infra.sandbox.stripe import SANDBOX_WEBHOOK_SECRET, StripeSandbox
from tests.billing.conftest import Json, Owner, subscriptions, webhooks

Drain = Callable[[], list[Any]]


def event(event_id: str = "evt_1", kind: str = "product.created", **members: Any) -> Json:
    return {
        "id": event_id,
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": int(time.time()),
        "data": {"object": {"id": "prod_1", "object": "product"}},
        "livemode": False,
        "type": kind,
        **members,
    }


def post(api: httpx2.Client, body: Any, secret: str = SANDBOX_WEBHOOK_SECRET, at: int | None = None) -> httpx2.Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed_at = int(time.time()) if at is None else at
    header = f"t={signed_at},v1={sign(b'%d.' % signed_at + raw, secret)}"
    headers = {"Stripe-Signature": header, "Content-Type": "application/json; charset=utf-8"}
    return api.post("/webhooks/stripe", content=raw, headers=headers)


def post_from(stripe_sandbox: StripeSandbox, body: Json) -> int:
    """Post a signed event to the sandbox's webhook URL; return the status."""
    with httpx2.Client(base_url=str(stripe_sandbox.webhook_url).removesuffix("/webhooks/stripe")) as client:
        return post(client, body).status_code


def refusal(answer: httpx2.Response) -> str:
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert webhooks() == {}
    return str(answer.json()["code"])


@pytest.mark.parametrize("created", [253_402_300_800, 10**18, -1])
def test_a_time_after_the_year_9999_is_refused(api: httpx2.Client, created: int) -> None:
    assert refusal(post(api, event(created=created))) == "InvalidStripeEvent"


def test_the_last_second_of_the_year_9999_is_stored(api: httpx2.Client) -> None:
    assert post(api, event(created=253_402_300_799)).status_code == 200
    assert webhooks()["evt_1"].stripe_created_at.year == 9999


def test_an_event_of_a_connected_account_is_stored_and_ignored(
    member: Owner, events_of: Callable[..., list[Json]], stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    """It may have the same ids as objects of our account."""
    events = [each | {"account": "acct_1"} for each in events_of(member)]
    with stripe_sandbox.store() as stripe:
        stripe._data["events"].update({each["id"]: each for each in events})
    for each in events:
        assert post_from(stripe_sandbox, each) == 200
    assert drain() == []
    rows = webhooks().values()
    assert len(rows) == len(events)
    assert {(row.status, row.error_message) for row in rows} == {
        (WebhookStatus.IGNORED, "an event of a connected account")
    }
    assert subscriptions() == []


def test_an_event_is_stored_unchanged_before_processing(api: httpx2.Client) -> None:
    sent = event(data={"object": {"id": "prod_1", "object": "product", "name": "Tasse für Zwei ☕", "nested": [1, {}]}})
    answer = post(api, sent)
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    row = webhooks()["evt_1"]
    assert row.payload == sent
    assert (row.status, row.attempts, row.event_type) == (WebhookStatus.RECEIVED, 0, "product.created")
    assert row.expires_epoch is None


def test_an_unhandled_event_is_ignored_and_expires_in_90_days(api: httpx2.Client, drain: Drain) -> None:
    post(api, event())
    assert drain() == []
    row = webhooks()["evt_1"]
    assert (row.status, row.error_message, row.attempts) == (WebhookStatus.IGNORED, "not handled", 1)
    assert row.processed_at is not None
    assert row.expires_epoch is not None
    assert abs(row.expires_epoch - row.processed_at - timedelta(days=90)) < timedelta(seconds=1)


@pytest.mark.parametrize("off", [-301, 301])
def test_an_old_or_future_signature_is_refused(api: httpx2.Client, stopped_clock: datetime, off: int) -> None:
    assert refusal(post(api, event(), at=int(stopped_clock.timestamp()) + off)) == "InvalidStripeSignature"


def test_a_wrong_secret_is_refused(api: httpx2.Client) -> None:
    assert refusal(post(api, event(), secret="whsec_of_somebody_else")) == "InvalidStripeSignature"


def test_an_unsigned_body_is_refused(api: httpx2.Client) -> None:
    assert refusal(api.post("/webhooks/stripe", json=event())) == "InvalidStripeSignature"


def test_a_body_with_an_added_space_is_refused(api: httpx2.Client, stripe_sandbox: StripeSandbox) -> None:
    genuine = stripe_sandbox.webhook(event())
    answer = api.post("/webhooks/stripe", content=genuine.body + b" ", headers=genuine.headers)
    assert refusal(answer) == "InvalidStripeSignature"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"this is not valid JSON",
        b'{"id": "evt_1", "object": "event"',
        b"[]",
        b"null",
        b"\xff\xfe",
        {"id": "evt_1", "object": "event"},
        event(object="v2.core.event"),
        event(data={"object": "prod_1"}),
        event(created="yesterday"),
        event(id=None),
        event(id=""),
        # The thin event of stripe-python's tests/test_webhook.py.
        {
            "id": "evt_234",
            "object": "v2.core.event",
            "type": "v1.billing.meter.error_report_triggered",
            "livemode": True,
            "created": "2022-02-15T00:27:45.330Z",
        },
    ],
)
def test_a_body_other_than_a_snapshot_event_is_refused(api: httpx2.Client, body: Any) -> None:
    assert refusal(post(api, body)) == "InvalidStripeEvent"


def test_live_events_are_refused_outside_prod(api: httpx2.Client) -> None:
    assert refusal(post(api, event(livemode=True))) == "WrongStripeMode"


def test_test_events_are_refused_in_prod() -> None:
    code = (
        "import sys; from chalicelib.billing.service.sync import intake; intake.receive_event(sys.stdin.buffer.read())"
    )
    died = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(event()).encode(),
        env=os.environ | {"STAGE": "prod", "AWS_ACCOUNT_ID": "123456789012"},
        capture_output=True,
        check=False,
    )
    assert b"WrongStripeMode" in died.stderr.splitlines()[-1]


def test_both_secrets_are_accepted_during_a_rotation(api: httpx2.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", f"whsec_next, {SANDBOX_WEBHOOK_SECRET}")
    assert post(api, event("evt_1")).status_code == 200
    assert post(api, event("evt_2"), secret="whsec_next").status_code == 200
    assert post(api, event("evt_3"), secret="whsec_past").status_code == 400


def test_a_body_over_4_mb_is_refused(api: httpx2.Client) -> None:
    answer = post(api, event(data={"object": {"id": "x" * 4_000_000}}))
    assert (answer.status_code, answer.json()["code"]) == (413, "PayloadTooLarge")


def test_an_event_too_large_for_an_item_is_stored_in_the_bucket(api: httpx2.Client, drain: Drain) -> None:
    sent = event(data={"object": {"id": "prod_1", "object": "product", "description": "ä" * 600_000}})
    assert post(api, sent).status_code == 200
    row = webhooks()["evt_1"]
    assert row.payload is None
    assert row.payload_ref is not None
    bucket, _, key = row.payload_ref.removeprefix("s3://").partition("/")
    assert key == "payloads/billing/evt_1.json"
    assert json.loads(aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()) == sent
    assert drain() == []
    assert webhooks()["evt_1"].status is WebhookStatus.IGNORED


def test_a_redelivery_publishes_a_message_lost_in_a_crash(
    api: httpx2.Client, member: Owner, events_of: Callable[..., list[Json]], stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    """The process crashed between the write and the message: only the row exists."""
    created = next(e for e in events_of(member) if e["type"] == "customer.subscription.created")
    StripeWebhook(
        stripe_event_id=created["id"],
        event_type=created["type"],
        livemode=False,
        payload=created,
        status=WebhookStatus.RECEIVED,
        stripe_created_at=clock.now(),
        received_at=clock.now(),
    ).save()
    assert drain() == []
    assert subscriptions() == []
    assert stripe_sandbox.deliver([created])[0].ok
    assert drain() == []
    assert len(subscriptions()) == 1
    assert webhooks()[created["id"]].status is WebhookStatus.PROCESSED


def test_a_processed_event_is_not_queued_again(
    member: Owner, events_of: Callable[..., list[Json]], stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    created = next(e for e in events_of(member) if e["type"] == "customer.subscription.created")
    stripe_sandbox.deliver([created])
    drain()
    before = webhooks()[created["id"]]
    assert all(delivery.ok for delivery in stripe_sandbox.deliver([created], copies=5))
    assert drain() == []
    after = webhooks()[created["id"]]
    assert (after.attempts, after.processed_at) == (1, before.processed_at)


def test_a_failing_event_keeps_its_error_and_succeeds_at_redelivery(
    member: Owner,
    events_of: Callable[..., list[Json]],
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    created = next(e for e in events_of(member) if e["type"] == "customer.subscription.created")
    with monkeypatch.context() as wrong_key:
        wrong_key.setenv("STRIPE_SECRET_KEY", "sk_test_of_somebody_else")
        client.forget_client()
        stripe_sandbox.deliver([created])
        assert len(drain()) == 1
    client.forget_client()
    row = webhooks()[created["id"]]
    assert (row.status, row.attempts) == (WebhookStatus.FAILED, 1)
    assert row.expires_epoch is None
    assert row.error_message == "StripeRefused: The payment service did not accept the request"
    assert subscriptions() == []
    stripe_sandbox.deliver([created])
    assert drain() == []
    row = webhooks()[created["id"]]
    assert (row.status, row.attempts) == (WebhookStatus.PROCESSED, 2)
    assert row.error_message is None
    assert len(subscriptions()) == 1


def test_a_message_of_a_deleted_event_is_acknowledged(drain: Drain) -> None:
    messages.publish(EventReceived(stripe_event_id="evt_of_long_ago"))
    assert drain() == []
    assert webhooks() == {}


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_only_post_is_served(api: httpx2.Client, method: str) -> None:
    answer = api.request(method, "/webhooks/stripe")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["code"] == "MethodNotAllowed"
