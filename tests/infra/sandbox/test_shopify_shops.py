"""Actions of merchants: details, scopes, products, privacy; also over the control API."""

import json
from typing import Any

import httpx2
import pytest

from infra.sandbox.shopify import SANDBOX_APPS, ShopifySandbox
from tests.infra.sandbox.conftest import SHOP, Admin

TOPICS = ("ORDERS_CANCELLED", "ORDERS_EDITED", "ORDERS_UPDATED", "REFUNDS_CREATE", "SHOP_UPDATE", "APP_SCOPES_UPDATE")
LINES = [{"variant_id": 11, "product_id": 7, "quantity": 2, "price": "20.00"}]


def test_a_shop_update_is_delivered_and_returned(shopify, admin, clock):
    clock.now += 60
    payload = shopify.update_shop(SHOP, name="Sunnier", currency="EUR", plan_name="shopify_plus")
    assert (payload["name"], payload["currency"], payload["plan_name"]) == ("Sunnier", "EUR", "shopify_plus")
    assert (payload["myshopify_domain"], payload["updated_at"]) == (SHOP, "2026-09-21T14:14:20+00:00")
    shop = admin.call("{ shop { name currencyCode ianaTimezone } }")["data"]["shop"]
    assert shop == {"name": "Sunnier", "currencyCode": "EUR", "ianaTimezone": "America/New_York"}
    with pytest.raises(ValueError, match="colour"):
        shopify.update_shop(SHOP, colour="red")


def test_updated_scopes_apply_to_every_token(shopify, admin, http):
    app_config = SANDBOX_APPS["studio"]
    other = Admin(shopify, http, "discounts")
    payload = shopify.update_scopes("studio", SHOP, ["read_products"])
    assert payload["previous"] == ["read_products", "read_orders", "read_customers"]
    assert (payload["current"], payload["updated_at"]) == (["read_products"], "2026-09-21T14:13:20.000Z")
    assert payload["shop_id"] == shopify.update_shop(SHOP)["id"]
    query = "{ orders(first: 1) { nodes { id } } }"
    assert admin.call(query)["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert "errors" not in other.call(query)
    later = Admin(shopify, http)
    assert "errors" in later.call(query), "a later token has the same scopes"

    assert shopify.update_scopes("studio", SHOP, app_config.scopes)["previous"] == ["read_products"]
    assert "errors" not in later.call(query)


def test_a_refreshed_token_has_the_changed_scopes(shopify, http):
    app = SANDBOX_APPS["studio"]
    params = {"client_id": app.key, "client_secret": app.secret}
    url = f"{shopify.url}/{SHOP}/admin/oauth/access_token"
    exchange = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": shopify.session_token("studio", SHOP),
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
        "expiring": "1",
    }
    token = http.post(url, data={**params, **exchange}).json()
    shopify.update_scopes("studio", SHOP, ["read_products", "write_files"])
    refresh = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    assert http.post(url, data={**params, **refresh}).json()["scope"] == "read_products,write_files"


def test_a_reinstalled_app_has_its_declared_scopes(shopify, http):
    shopify.update_scopes("studio", SHOP, ["read_products"])
    shopify.uninstall("studio", SHOP)
    query = "{ currentAppInstallation { accessScopes { handle } } }"
    result = Admin(shopify, http).call(query)["data"]["currentAppInstallation"]["accessScopes"]
    assert tuple(scope["handle"] for scope in result) == SANDBOX_APPS["studio"].scopes


def test_privacy_requests_have_the_documented_shapes(shopify):
    """Shapes: https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance."""
    shop = {"shop_id": shopify.update_shop(SHOP)["id"], "shop_domain": SHOP}
    customer = {"id": 42, "email": "shopper@example.com", "phone": "555-625-1199"}
    webhook = shopify.privacy("customers/data_request", SHOP, customer_id="gid://shopify/Customer/42", orders=[7])
    request_id = webhook["data_request"].pop("id")
    assert webhook == {**shop, "orders_requested": [7], "customer": customer, "data_request": {}}
    second_webhook = shopify.privacy("customers/data_request", SHOP, customer_id=42)
    assert second_webhook["data_request"]["id"] != request_id
    redact = shopify.privacy("customers/redact", SHOP, customer_id=42, orders=["gid://shopify/Order/8"])
    assert redact == {**shop, "customer": customer, "orders_to_redact": [8]}
    assert shopify.privacy("customers/redact", SHOP)["customer"] == {"email": "shopper@example.com"}
    assert shopify.privacy("shop/redact", SHOP) == shop
    with pytest.raises(ValueError, match="shop/forget"):
        shopify.privacy("shop/forget", SHOP)


def test_a_product_has_the_documented_shape(shopify):
    payload = shopify.product(SHOP, 7, "Fine Portrait", [{"id": 11, "title": "Small", "sku": "S", "price": "19.00"}])
    assert (payload["id"], payload["title"], payload["handle"]) == (7, "Fine Portrait", "fine-portrait")
    assert (payload["status"], payload["updated_at"]) == ("active", "2026-09-21T14:13:20+00:00")
    variant = payload["variants"][0]
    assert (variant["id"], variant["product_id"], variant["price"], variant["sku"]) == (11, 7, "19.00", "S")
    assert payload["variant_gids"][0]["admin_graphql_api_id"] == "gid://shopify/ProductVariant/11"


@pytest.fixture
def post(shopify: ShopifySandbox, http: httpx2.Client, admin: Admin, receiver) -> Any:
    """Call the control API, with an app that is subscribed to every topic."""
    for topic in TOPICS:
        admin.subscribe(topic, f"{receiver.url}/webhooks/shopify/studio")
    return lambda path, **body: http.post(f"{shopify.url}/sandbox/{path}", json=body).json()


def received_webhooks(receiver) -> list[tuple[str, Any]]:
    webhooks = [(request.header("x-shopify-topic"), json.loads(request.body)) for request in receiver.requests]
    receiver.requests.clear()
    return webhooks


def test_orders_are_changed_over_http_and_delivered(shopify, post, receiver):
    order = post("orders", shop=SHOP, lines=LINES)["order"]
    line, path = str(order["line_items"][0]["id"]), f"orders/{order['id']}"
    edit = post(f"{path}/edit", shop=SHOP, quantities={line: 1}, add=LINES)
    assert [row["status"] for row in edit["deliveries"]] == [200, 200]
    assert len({request.header("x-shopify-event-id") for request in receiver.requests}) == 1
    assert received_webhooks(receiver) == [
        ("orders/edited", edit["payload"]),
        ("orders/updated", shopify.order(SHOP, order["id"])),
    ]

    refund = post(f"{path}/refund", shop=SHOP, lines={line: 1}, note="torn")["payload"]
    assert refund["note"] == "torn"
    assert received_webhooks(receiver)[0] == ("refunds/create", refund)
    cancellation = post(f"{path}/cancel", shop=SHOP, reason="fraud")["payload"]
    assert received_webhooks(receiver) == [("orders/cancelled", cancellation), ("orders/updated", cancellation)]


def test_shops_and_apps_are_changed_over_http_and_delivered(post, receiver):
    shop = post("shop", shop=SHOP, name="Sunnier")["payload"]
    scopes = post("scopes", app="studio", shop=SHOP, scopes=["read_orders"])["payload"]
    request = {"app": "studio", "shop": SHOP, "topic": "customers/redact", "customer_id": 5, "orders": [1]}
    privacy = post("privacy", **request)["payload"]
    assert (shop["name"], scopes["current"], privacy["orders_to_redact"]) == ("Sunnier", ["read_orders"], [1])
    assert received_webhooks(receiver) == [
        ("shop/update", shop),
        ("app/scopes_update", scopes),
        ("customers/redact", privacy),
    ]


def test_deliveries_are_held_flushed_and_retried_over_http(post, receiver):
    assert post("hold", hold=True) == {"hold": True}
    held_delivery = post("emit", shop=SHOP, topic="shop/update", payload={"id": 1}, event_id="e1")["deliveries"]
    assert [row["status"] for row in held_delivery] == [None]
    receiver.status = 500
    assert [row["status"] for row in post("flush", order="shuffled", copies=2)["deliveries"]] == [500, 500]
    receiver.status = 200
    assert [row["status"] for row in post("retry")["deliveries"]] == [200]
    assert {request.header("x-shopify-event-id") for request in receiver.requests} == {"e1"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("orders/1/cancel", {"shop": SHOP}),
        ("orders/none/refund", {"shop": SHOP, "lines": {}}),
        ("emit", {"shop": SHOP, "topic": "orders/payed", "payload": {}}),
        ("privacy", {"shop": SHOP, "topic": "shop/redact"}),
        ("scopes", {"shop": SHOP, "app": "nobody", "scopes": []}),
    ],
)
def test_the_control_api_explains_errors(shopify, http, path, body):
    response = http.post(f"{shopify.url}/sandbox/{path}", json=body)
    assert response.status_code == 400
    assert response.json()["error"]
