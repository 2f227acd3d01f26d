"""The life cycle of an app in a shop, with its failures, step by step."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from chalicelib.integrations.shopify.errors import ShopifyRefused
from chalicelib.integrations.shopify.oauth import Grant
from chalicelib.integrations.shopify.signature import sign_oauth_query
from chalicelib.kit import auth, aws, clock, messages
from chalicelib.kit.errors import Unavailable, WriteConflict
from chalicelib.shops import service
from chalicelib.shops.errors import InstallationNotFound
from chalicelib.shops.models import DeliveryStatus, Shop, WebhookDelivery
from chalicelib.shops.repository import tokens
from chalicelib.shops.schemas.messages import DeliveryReceived, RegistrationRequested
from infra.deploy import handlers
from infra.ops import __main__ as ops
from infra.sandbox.delivery import Webhook
from infra.sandbox.shopify import SANDBOX_APPS, ShopifySandbox
from tests.shops.conftest import install, oauth_callback
from tests.shops.scenarios.secret_scanner import Secrets, SecretScanner, deliver_until_dead_letter

CUSTOMER = {
    "first_name": "Wilhelmina",
    "last_name": "Quackenbush",
    "email": "w.quackenbush@private.example",
    "phone": "+15550123456",
    "address1": "17 Thistledown Lane",
}
OWNER = {"email": "zebulon.pike@owners.example", "shop_owner": "Zebulon Pike"}
POISON = {"first_name": "Bartholomew", "email": "bartholomew@private.example"}
"""The content of foreign messages: it must stay in the queues where it was put."""

LINES = [{"variant_id": 11, "product_id": 22, "quantity": 2}]


@dataclass
class ShopWalk:
    """The life of one app in one shop."""

    api: httpx2.Client
    shopify: ShopifySandbox
    app: str
    shop: str
    scanner: SecretScanner

    def call(self, status: int, method: str, path: str | httpx2.URL, **options: Any) -> httpx2.Response:
        """Call the API and assert the status."""
        response = self.api.request(method, path, **options)
        assert response.status_code == status, response.text
        return response

    def as_merchant(self, shop: str = "", **claims: Any) -> dict[str, str]:
        token = self.shopify.session_token(self.app, shop or self.shop, **claims)
        return {"Authorization": f"Bearer {token}"}

    def deliver(self, topic: str, payload: Any, status: int = 200, body: bytes = b"", **header_changes: str) -> str:
        """Deliver a webhook, optionally with other bytes or headers; return its id."""
        webhook: Webhook = self.shopify.webhook(self.app, self.shop, topic, payload)
        headers = webhook.headers | {
            f"X-Shopify-{name.replace('_', '-')}": value for name, value in header_changes.items()
        }
        self.call(status, "POST", urlsplit(webhook.url).path, content=body or webhook.body, headers=headers)
        return webhook.headers["X-Shopify-Webhook-Id"]

    def expect_error(self, kind: type[Exception], function: Callable[..., Any], *arguments: Any) -> None:
        """Assert that the call raises, and record the error text."""
        with pytest.raises(kind) as error:
            function(*arguments)
        self.scanner.add_exception(error.value)

    def expire_token(self) -> None:
        Shop(self.shop, self.app).update([Shop.token_expires_at.set(clock.now() + timedelta(minutes=-1))])

    def handle_messages(self) -> None:
        """Handle all messages; failing ones become dead letters."""
        for consumer in handlers.consumers():
            deliver_until_dead_letter(
                consumer, lambda one, event: handlers.chalice_app().handler_map[one.name](event, None)
            )


def install_by_oauth(walk: ShopWalk) -> None:
    """Fail in every possible way, then install."""
    api, shopify = walk.api, walk.shopify
    walk.call(400, "GET", f"/shopify/{walk.app}/auth", params={"shop": "evil.example"})
    url = oauth_callback(api, walk.app, walk.shop)
    query = dict(url.params)
    for invalid_params in ({"hmac": "0" * 64}, {"timestamp": "1"}, {"code": "0" * 32}, {"state": "s" * 43}):
        walk.call(400, "GET", url.path, params=query | invalid_params)
    walk.call(422, "GET", url.path, params={"code": query["code"]})
    api.cookies.clear()
    walk.call(403, "GET", url)  # another browser
    unknown = dict(oauth_callback(api, walk.app, walk.shop).params) | {"code": "f" * 32}
    unknown["hmac"] = sign_oauth_query({name: [each] for name, each in unknown.items()}, SANDBOX_APPS[walk.app].secret)
    walk.call(403, "GET", url.path, params=unknown)
    for status in (429, 503):
        shopify.fail_next(1, status, endpoint="token")
        walk.call(503, "GET", oauth_callback(api, walk.app, walk.shop))
    shopify.lose_answers(1)
    walk.call(503, "GET", oauth_callback(api, walk.app, walk.shop))
    assert install(api, walk.app, walk.shop).status_code == 302


def install_by_exchange(walk: ShopWalk) -> None:
    shop = f"other-{walk.shop}"
    walk.call(401, "GET", "/v1/shops/me", headers=walk.as_merchant(shop, exp=1))
    walk.call(401, "GET", "/v1/shops/me", headers=walk.as_merchant(shop, aud="another"))
    for status, expected_status in ((400, 401), (503, 503)):
        walk.shopify.fail_next(1, status, endpoint="token")
        walk.call(expected_status, "GET", "/v1/shops/me", headers=walk.as_merchant(shop))
    walk.call(200, "GET", "/v1/shops/me", headers=walk.as_merchant(shop))


def register(walk: ShopWalk) -> None:
    """Register webhooks while Shopify is down, then throttled, then available."""
    walk.shopify.fail_next(100, 503)
    walk.handle_messages()
    walk.shopify.fail_next(1, 429, retry_after=1.0)
    messages.publish(RegistrationRequested(shop=walk.shop, app=walk.app))
    walk.handle_messages()
    messages.publish(RegistrationRequested(shop=walk.shop, app=walk.app, event="install"))
    walk.handle_messages()
    assert walk.shopify.webhook_subscriptions(walk.app, walk.shop)


def refresh(walk: ShopWalk, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, app = walk.shop, walk.app
    row = Shop.get(shop, app)
    walk.expire_token()
    assert service.get_access_token(shop, app)
    walk.expect_error(
        WriteConflict, tokens.replace_tokens, row, Grant("shpat_late", "", 3600, "shprt_late", 60), clock.now()
    )
    walk.shopify.expire_access_token(app, shop)
    assert service.open_admin_api(shop, app).graphql("{ shop { name } }")
    walk.expect_error(ShopifyRefused, service.open_admin_api(shop, app).graphql, "{ nonsense }")
    walk.expire_token()
    walk.shopify.fail_next(1, 503, endpoint="token")
    walk.expect_error(Unavailable, service.get_access_token, shop, app)
    with monkeypatch.context() as patch:
        patch.setenv(f"SHOPIFY_{app.upper()}_API_SECRET", "a-secret-that-shopify-does-not-know")
        walk.expect_error(Unavailable, service.get_access_token, shop, app)
    walk.shopify.revoke_tokens(app, shop)
    walk.expect_error(InstallationNotFound, service.get_access_token, shop, app)
    walk.call(200, "GET", "/v1/shops/me", headers=walk.as_merchant())
    Shop(shop, app).update([Shop.access_token.set("file:k0:AAAA")])
    walk.expect_error(InstallationNotFound, service.get_access_token, shop, app)
    walk.call(200, "GET", "/v1/shops/me", headers=walk.as_merchant())


def change_settings(walk: ShopWalk) -> None:
    path, headers = "/v1/shops/me/settings", walk.as_merchant()
    walk.call(200, "GET", path, headers=headers)
    walk.call(428, "PUT", path, headers=headers, json={"settings": {}})
    walk.call(422, "PUT", path, headers=headers | {"If-Match": '"0"'}, json={"settings": CUSTOMER["email"]})
    walk.call(400, "PUT", path, headers=headers | {"If-Match": '"0"'}, content=json.dumps(CUSTOMER)[:-1])
    walk.call(422, "PUT", path, headers=headers | {"If-Match": '"0"'}, json={"settings": {}, **CUSTOMER})
    walk.call(200, "PUT", path, headers=headers | {"If-Match": '"0"'}, json={"settings": {"color": "red"}})
    walk.call(412, "PUT", path, headers=headers | {"If-Match": '"0"'}, json={"settings": {"color": "blue"}})
    walk.call(422, "GET", f"{path}/history", headers=headers, params={"cursor": CUSTOMER["email"]})
    walk.call(200, "GET", f"{path}/history", headers=headers)
    walk.call(200, "GET", "/v1/shops/me/history", headers=headers)


def deliver_webhooks(walk: ShopWalk) -> None:
    """Deliver webhooks of every kind, with valid and invalid signatures and payloads."""
    order: dict[str, Any] = walk.shopify.paid_order(walk.shop, LINES, customer_id=7)
    number, line = order["id"], order["line_items"][0]["id"]
    order |= {"email": CUSTOMER["email"], "phone": CUSTOMER["phone"], "customer": order["customer"] | CUSTOMER}
    order |= {"shipping_address": CUSTOMER, "billing_address": CUSTOMER, "contact_email": CUSTOMER["email"]}
    walk.deliver("orders/paid", order, 401, Hmac_Sha256="x" * 44)
    walk.deliver("orders/paid", order, 401, body=json.dumps(order).encode())
    walk.deliver("orders/paid", order, 400, Topic="")
    walk.deliver("orders/paid", order, 400, Shop_Domain=CUSTOMER["email"])
    walk.deliver("orders/paid", order, 200, Triggered_At=CUSTOMER["phone"])
    walk.deliver("orders/paid", [order], 400)
    for unreadable in (
        {"line_items": [CUSTOMER]},
        {"customer": CUSTOMER["email"]},
        {"total_price": CUSTOMER["phone"], "id": CUSTOMER["email"]},
        {"line_items": [order["line_items"][0] | {"properties": [CUSTOMER]}]},
        {"line_items": [order["line_items"][0] | {"properties": CUSTOMER["email"]}]},
    ):
        walk.deliver("orders/paid", order | unreadable)
    for topic in ("orders/create", "orders/updated", "orders/paid"):
        walk.deliver(topic, order)
    large = order | {"note": "n" * 300_000}
    walk.deliver("orders/updated", large)
    quantities = {line: 1}
    walk.deliver("orders/edited", walk.shopify.edit_order(walk.shop, number, quantities=quantities))
    refund = walk.shopify.refund_order(walk.shop, number, quantities, note=CUSTOMER["address1"])
    walk.deliver("refunds/create", refund)
    walk.deliver("orders/cancelled", walk.shopify.cancel_order(walk.shop, number) | {"customer": CUSTOMER | {"id": 7}})
    update = walk.shopify.update_shop(walk.shop, email=OWNER["email"]) | OWNER
    for payload in (update, update | {"currency": [OWNER]}, update | {"name": OWNER}, OWNER):
        walk.deliver("shop/update", payload)
    walk.deliver("app/scopes_update", {"current": CUSTOMER})
    walk.deliver("app/scopes_update", walk.shopify.update_scopes(walk.app, walk.shop, ["read_products", "read_orders"]))
    walk.handle_messages()
    walk.scanner.record_stores(handlers.consumers())  # before any erasure
    for topic in ("customers/data_request", "customers/redact"):
        request = walk.shopify.privacy(topic, walk.shop, customer_id=7, orders=[number])
        walk.deliver(topic, request | {"customer": request["customer"] | CUSTOMER})
        walk.deliver(topic, request | {"customer": CUSTOMER | {"id": CUSTOMER["email"]}})
    walk.handle_messages()


def send_poison_messages(walk: ShopWalk) -> None:
    """Send messages that no handler can parse."""
    for consumer in handlers.consumers():
        for body in (json.dumps(POISON), json.dumps(POISON)[:-1], json.dumps({"shop": POISON, "app": POISON})):
            aws.client("sqs").send_message(QueueUrl=messages.queue_url(consumer.queue), MessageBody=body)
    unknown = {"webhook_topic": "shop/update", "delivery_id": "not-on-record", "triggered_at": clock.now()}
    messages.publish(DeliveryReceived(shop=walk.shop, app=walk.app, **unknown))
    walk.handle_messages()


def run_operator_calls(walk: ShopWalk, known_secrets: Secrets) -> None:
    """Call every operator endpoint and command."""
    token = auth.mint(auth.Role.OPERATOR, "ann")
    known_secrets.add_jwt(token)
    headers, today = {"Authorization": f"Bearer {token}"}, clock.today().isoformat()
    params = {"app": walk.app}
    days = params | {"from": today, "to": today}
    rows = list(WebhookDelivery.scan())
    failed = next(row.delivery_id for row in rows if row.status is DeliveryStatus.FAILED)
    processed = next(row.delivery_id for row in rows if row.status is DeliveryStatus.PROCESSED)
    responses = [
        walk.call(200, "GET", "/v1/operator/shops", headers=headers, params=params),
        walk.call(200, "GET", "/v1/operator/shops", headers=headers, params=params | {"format": "csv"}),
        walk.call(200, "GET", "/v1/operator/shops/timeline", headers=headers, params=days),
        walk.call(200, "GET", f"/v1/operator/shops/{walk.shop}/sessions", headers=headers),
        walk.call(200, "GET", f"/v1/operator/deliveries/{failed}", headers=headers),
        walk.call(200, "POST", f"/v1/operator/deliveries/{failed}/replay", headers=headers),
    ]
    walk.scanner.add("export", *(response.text for response in responses))
    for command in (
        ("active-shops", "--app", walk.app),
        ("active-shops", "--app", walk.app, "--csv"),
        ("timeline", "--app", walk.app, "--from", today, "--to", today),
        ("sessions", walk.shop),
        ("dead-letters",),
        *(("dead-letters", consumer.queue) for consumer in handlers.consumers()),
        ("dead-letters", "shops-register_webhooks", "--redrive"),
        ("replay", processed),
        ("replay", "--status", "failed", "--dry-run"),
        ("rotate-secrets",),
        ("sizes",),
    ):
        walk.scanner.add("export", run_command(*command))
    walk.handle_messages()


def run_command(*arguments: str) -> str:
    """Run an operator command and return its output."""
    with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.redirect_stderr(output):
        assert ops.main(arguments) == 0, output.getvalue()
    return output.getvalue()


def uninstall(walk: ShopWalk) -> None:
    for _ in range(2):
        response = walk.shopify.uninstall(walk.app, walk.shop)
        walk.scanner.add("answer", response.answer)
        walk.handle_messages()
    walk.expect_error(InstallationNotFound, service.get_access_token, walk.shop, walk.app)
    walk.deliver("shop/redact", walk.shopify.privacy("shop/redact", walk.shop))
    walk.handle_messages()


def run_life_cycle(walk: ShopWalk, known_secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the whole life cycle except the uninstall."""
    install_by_oauth(walk)
    install_by_exchange(walk)
    register(walk)
    refresh(walk, monkeypatch)
    change_settings(walk)
    deliver_webhooks(walk)
    send_poison_messages(walk)
    run_operator_calls(walk, known_secrets)
