"""The list of a shop's deliveries, for operators."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from chalicelib.kit import auth, clock, ids
from chalicelib.kit.auth import Role
from chalicelib.shops.models import DeliveryStatus, WebhookDelivery

SHOP = "seeded.myshopify.com"


@pytest.fixture
def operator(api: httpx2.Client) -> httpx2.Client:
    """A client that signs in as an operator."""
    api.headers["Authorization"] = f"Bearer {auth.mint(Role.OPERATOR, 'op')}"
    return api


def add_delivery(minutes: int, status: str = "processed", topic: str = "orders/paid", shop: str = SHOP) -> str:
    now = clock.now()
    row = WebhookDelivery(
        delivery_id=ids.new(),
        shop=shop,
        app="studio",
        topic=topic,
        status=DeliveryStatus(status),
        payload={"secret": "her@example.com"},
        received_at=now - timedelta(minutes=minutes),
        expires_epoch=now + timedelta(days=1),
    )
    row.save()
    return str(row.delivery_id)


def list_ids(client: httpx2.Client, **query: str) -> list[str]:
    """Return the ids on all pages."""
    found: list[str] = []
    while True:
        page = client.get("/v1/operator/deliveries", params={"shop": SHOP, **query}).json()
        found += [row["delivery_id"] for row in page["items"]]
        if not page["next_cursor"]:
            return found
        query = {**query, "cursor": page["next_cursor"]}


def test_deliveries_of_a_shop_are_listed_newest_first(operator: httpx2.Client) -> None:
    oldest, middle, newest = add_delivery(30), add_delivery(20, "failed"), add_delivery(10, topic="app/uninstalled")
    add_delivery(5, shop="other.myshopify.com")
    assert list_ids(operator) == [newest, middle, oldest]
    assert list_ids(operator, limit="1") == [newest, middle, oldest]
    assert list_ids(operator, status="failed", limit="1") == [middle]
    assert list_ids(operator, topic="orders/paid") == [middle, oldest]
    assert "her@example.com" not in operator.get("/v1/operator/deliveries", params={"shop": SHOP}).text


def test_the_shop_must_be_a_domain(operator: httpx2.Client) -> None:
    assert operator.get("/v1/operator/deliveries").status_code == 422
    assert operator.get("/v1/operator/deliveries", params={"shop": "x y"}).json()["code"] == "InvalidShopDomain"
