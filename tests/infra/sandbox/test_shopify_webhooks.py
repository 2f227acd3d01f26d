"""Requests from the Shopify sandbox to our API: webhooks in both header families, app proxy calls; the control API."""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from infra.sandbox.shopify import SANDBOX_APPS, ShopifySandbox
from tests.timeouts import LIMIT

SHOP = "sunny.myshopify.com"
SECRET = SANDBOX_APPS["studio"].secret.encode()
LINES = [{"variant_id": 11, "product_id": 7, "quantity": 1, "properties": {"_generation": "g1"}}]


def signature_of(body: bytes) -> str:
    return base64.b64encode(hmac.new(SECRET, body, hashlib.sha256).digest()).decode()


def test_a_webhook_arrives_signed_with_every_header(shopify, receiver):
    delivery = shopify.deliver("studio", SHOP, "orders/paid", {"id": 1, "note": "Grüße"})
    assert delivery.ok
    request = receiver.requests[-1]
    assert request.path == "/webhooks/shopify/studio"
    assert request.header("x-shopify-hmac-sha256") == signature_of(request.body)
    assert json.loads(request.body) == {"id": 1, "note": "Grüße"}
    assert request.header("x-shopify-topic") == "orders/paid"
    assert request.header("x-shopify-shop-domain") == SHOP
    assert request.header("x-shopify-api-version") == "2026-10"
    assert request.header("x-shopify-webhook-id") != request.header("x-shopify-event-id") != ""
    assert request.header("x-shopify-triggered-at") == "2026-09-21T14:13:20.000000000Z"
    assert request.header("content-type") == "application/json"


def test_the_newer_header_family_has_no_event_id(shopify, receiver):
    shopify.deliver("studio", SHOP, "orders/paid", {}, family="events", webhook_id="w1")
    request = receiver.requests[-1]
    assert request.header("shopify-hmac-sha256") == signature_of(request.body)
    assert (request.header("shopify-webhook-id"), request.header("shopify-topic")) == ("w1", "orders/paid")
    assert not [name for name in request.headers if name.startswith("x-shopify") or name == "shopify-event-id"]


def test_a_redelivery_is_byte_identical(shopify, receiver):
    first = shopify.deliver("studio", SHOP, "orders/paid", {"id": 1})
    shopify.redeliver(first)
    shopify.redeliver(receiver.requests[0].header("x-shopify-webhook-id"))
    one, two, three = receiver.requests
    assert one.body == two.body == three.body
    for name in ("webhook-id", "event-id", "triggered-at", "hmac-sha256"):
        assert len({each.header(f"x-shopify-{name}") for each in (one, two, three)}) == 1
    with pytest.raises(KeyError):
        shopify.redeliver("never-sent")


def test_ids_and_times_can_be_set(shopify, receiver):
    moment = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    shopify.deliver("studio", SHOP, "shop/update", {}, webhook_id="w", event_id="e", triggered_at=moment)
    request = receiver.requests[-1]
    assert request.header("x-shopify-triggered-at") == "2026-01-02T03:04:05.000678000Z"
    assert (request.header("x-shopify-webhook-id"), request.header("x-shopify-event-id")) == ("w", "e")


def test_the_response_of_our_api_is_returned(shopify, receiver):
    receiver.status = 401
    delivery = shopify.deliver("studio", SHOP, "orders/paid", {})
    assert (delivery.ok, delivery.status, delivery.answer) == (False, 401, "noted")
    receiver.stop()
    failed_delivery = shopify.redeliver(delivery)
    assert (failed_delivery.ok, failed_delivery.status) == (False, None)
    assert [row["status"] for row in shopify.deliveries()] == [401, None]


def test_a_webhook_requires_a_target(clock):
    with ShopifySandbox(clock=clock) as sandbox, pytest.raises(ValueError, match="app_base_url"):
        sandbox.deliver("studio", SHOP, "orders/paid", {})


def test_a_paid_order_has_the_documented_shape(shopify):
    order = shopify.paid_order(SHOP, LINES, customer_id="gid://shopify/Customer/42")
    line = order["line_items"][0]
    assert (order["financial_status"], order["total_price"], order["customer"]["id"]) == ("paid", "25.00", 42)
    assert order["admin_graphql_api_id"] == f"gid://shopify/Order/{order['id']}"
    assert (line["variant_id"], line["product_id"], line["quantity"]) == (11, 7, 1)
    assert line["properties"] == [{"name": "_generation", "value": "g1"}]
    assert shopify.paid_order(SHOP, LINES)["id"] != order["id"]
    assert shopify.paid_order(SHOP, LINES)["customer"] is None


def test_an_uninstall_revokes_the_tokens_before_its_webhook(shopify, receiver, http):
    app = SANDBOX_APPS["studio"]
    token_response = http.post(
        f"{shopify.url}/{SHOP}/admin/oauth/access_token",
        data={
            "client_id": app.key,
            "client_secret": app.secret,
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": shopify.session_token("studio", SHOP),
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
        },
    ).json()
    assert shopify.uninstall("studio", SHOP).ok
    request = receiver.requests[-1]
    assert request.header("x-shopify-topic") == "app/uninstalled"
    assert json.loads(request.body)["myshopify_domain"] == SHOP
    response = http.post(
        f"{shopify.url}/{SHOP}/admin/api/2026-10/graphql.json",
        json={"query": "{ shop { name } }"},
        headers={"X-Shopify-Access-Token": token_response["access_token"]},
    )
    assert response.status_code == 401


def test_a_proxied_call_is_signed_over_its_query(shopify, receiver, clock):
    url = urlsplit(
        shopify.proxy_url("studio", SHOP, "generations", {"product": "a b", "tag": ["x", "y"]}, customer_id=9)
    )
    assert f"{url.scheme}://{url.netloc}" == receiver.url
    assert url.path == "/proxy/studio/generations"
    pairs = parse_qsl(url.query, keep_blank_values=True)
    signature = dict(pairs)["signature"]
    names = sorted({name for name, _ in pairs} - {"signature"})
    message = "".join(f"{name}={','.join(value for each, value in pairs if each == name)}" for name in names)
    assert signature == hmac.new(SECRET, message.encode(), hashlib.sha256).hexdigest()
    query_params = dict(pairs)
    assert (query_params["shop"], query_params["logged_in_customer_id"], query_params["path_prefix"]) == (
        SHOP,
        "9",
        "/apps/studio",
    )
    assert query_params["timestamp"] == str(int(clock.now))


def test_a_guest_has_an_empty_customer_id(shopify):
    assert "logged_in_customer_id=&" in shopify.proxy_url("studio", SHOP, "x")


def test_another_process_controls_the_sandbox_over_http(shopify, receiver, http):
    def post(action: str, **body: object) -> Any:
        return http.post(f"{shopify.url}/sandbox/{action}", json=body)

    assert http.get(f"{shopify.url}/sandbox/health").json() == {"status": "ok"}
    assert post("target", base_url=receiver.url).json() == {"base_url": receiver.url}
    assert post("session-tokens", app="studio", shop=SHOP).json()["token"].count(".") == 2
    assert "signature=" in post("proxy", app="studio", shop=SHOP, path="x", params={"a": "1"}).json()["url"]
    payment_response = post("orders", shop=SHOP, lines=LINES, deliver_to=["studio"]).json()
    assert [row["status"] for row in payment_response["deliveries"]] == [200]
    assert json.loads(receiver.requests[-1].body) == payment_response["order"]
    webhook_id = payment_response["deliveries"][0]["webhook_id"]
    assert post(f"webhooks/{webhook_id}/redeliver").json()["webhook_id"] == webhook_id
    assert post("webhooks", app="studio", shop=SHOP, topic="customers/redact", payload={"a": 1}).json()["status"] == 200
    assert post("uninstall", app="studio", shop=SHOP).json()["topic"] == "app/uninstalled"
    listing = http.get(f"{shopify.url}/sandbox/subscriptions", params={"app": "studio", "shop": SHOP})
    assert listing.json() == {"subscriptions": []}
    assert len(http.get(f"{shopify.url}/sandbox/deliveries").json()["deliveries"]) == 4


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("session-tokens", {"app": "studio"}),
        ("uninstall", {"app": "nobody", "shop": SHOP}),
        ("orders", {"shop": SHOP, "lines": 1}),
    ],
)
def test_the_control_api_explains_errors(shopify, http, path, body):
    response = http.post(f"{shopify.url}/sandbox/{path}", json=body)
    assert response.status_code == 400
    assert response.json()["error"]


def test_a_second_run_keeps_the_stored_data(tmp_path, clock, http):
    file = tmp_path / "deep" / "shopify.json"
    with ShopifySandbox(state_file=file, clock=clock) as sandbox:
        order = sandbox.paid_order(SHOP, LINES)
        sandbox.set_shop(SHOP, name="Kept")
    with ShopifySandbox(state_file=file, clock=clock) as sandbox:
        assert sandbox.paid_order(SHOP, LINES)["number"] == order["number"] + 1


def test_the_sandbox_runs_as_a_process_and_stops_by_signal(http):
    command = [sys.executable, "-m", "infra.sandbox.shopify", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert http.get(f"{url}/sandbox/health").status_code == 200
    finally:
        process.terminate()
        process.communicate(timeout=LIMIT)
    assert process.returncode == 0
