"""The web pixel in QuickJS: what it sends, and that analytics takes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
import quickjs

from chalicelib.analytics.service import site_cache
from chalicelib.discounts.service import measurement
from chalicelib.kit import clock
from tests.discounts.merchants import DiscountShop

SOURCE = Path("extensions/sku-pixel/src/pixel.js")
HARNESS = """
const subscriptions = {}, requests = [];
globalThis.fetch = (url, options) => { requests.push({url, ...options}); return Promise.reject(new Error("offline")); };
const analytics = { subscribe: (name, callback) => { subscriptions[name] = callback; } };
globalThis.start = (settings) => { startPixel({analytics, settings: JSON.parse(settings)}); return JSON.stringify(Object.keys(subscriptions)); };
globalThis.fire = (event) => { const one = JSON.parse(event); subscriptions[one.name](one); };
globalThis.sent = () => JSON.stringify(requests);
"""


class Pixel:
    """The pixel with a fake of the API at Shopify, which only records."""

    def __init__(self, **settings: str) -> None:
        self._context = quickjs.Context()
        source = SOURCE.read_text().replace("export function", "function")
        self._context.eval(f"(() => {{ {source} {HARNESS} }})()")
        self.events = json.loads(self._context.get("start")(json.dumps(settings)))

    def fire(self, event: dict[str, Any]) -> None:
        self._context.get("fire")(json.dumps(event))

    @property
    def sent(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self._context.get("sent")())
        return found


def event(name: str, data: Any, **more: Any) -> dict[str, Any]:
    """Return an event in Shopify's shape (shopify.dev, "Standard events")."""
    return {
        "id": "sh-7c8d1f2e-4a3b-4c5d-8e9f-0a1b2c3d4e5f",
        "clientId": "d7e1c4a2-client",
        "name": name,
        "timestamp": clock.iso(clock.now()),
        "data": data,
        "context": {"document": {"location": {"href": "https://shop.com/?email=mia@mail.com"}}},
        **more,
    }


VIEW = {"productVariant": {"id": "1", "sku": "MUG-1", "price": {"amount": 10}, "product": {"title": "Mug"}}}
ADDED = {"cartLine": {"quantity": 2, "merchandise": {"id": "1", "sku": "MUG-1"}}}


def test_it_sends_the_sku_and_nothing_else_of_the_event() -> None:
    pixel = Pixel(key="pk_1", endpoint="https://api.example/v1/analytics/events")
    assert pixel.events == ["product_viewed", "product_added_to_cart"]
    viewed = event("product_viewed", VIEW)
    pixel.fire(viewed)
    [request] = pixel.sent
    assert (request["url"], request["method"], request["keepalive"]) == (
        "https://api.example/v1/analytics/events",
        "POST",
        True,
    )
    body = json.loads(request["body"])
    assert body["key"] == "pk_1"
    assert body["events"] == [
        {
            "id": "7c8d1f2e-4a3b-4c5d-8e9f-0a1b2c3d4e5f",
            "type": "user_action",
            "name": "product_viewed",
            "at": viewed["timestamp"],
            "session_id": "d7e1c4a2-client",
            "data": {"sku": "MUG-1"},
        }
    ]


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"productVariant": None},
        {"productVariant": {}},
        {"productVariant": {"sku": ""}},
        {"productVariant": {"sku": None}},
    ],
)
def test_an_event_without_a_sku_is_not_sent(data: Any) -> None:
    pixel = Pixel(key="k", endpoint="https://api.example")
    pixel.fire(event("product_viewed", data))
    pixel.fire(event("product_added_to_cart", {"cartLine": None}))
    assert pixel.sent == []


def test_an_event_with_another_id_is_sent_without_one() -> None:
    pixel = Pixel(key="k", endpoint="https://api.example")
    pixel.fire(event("product_added_to_cart", ADDED, id="1234"))
    assert "id" not in json.loads(pixel.sent[0]["body"])["events"][0]


def test_analytics_takes_what_the_pixel_sends(discount_shop: DiscountShop, api: httpx2.Client) -> None:
    site_cache.forget()
    key = measurement.register_shop(discount_shop.shop)
    assert measurement.register_shop(discount_shop.shop) == key
    pixel = Pixel(key=key, endpoint="https://api.example/v1/analytics/events")
    for number in range(3):
        event_id = f"sh-7c8d1f2e-4a3b-4c5d-8e9f-00000000000{number}"
        pixel.fire(event("product_viewed", VIEW, id=event_id, clientId=f"client-{number % 2}"))
    pixel.fire(event("product_added_to_cart", ADDED, id="sh-7c8d1f2e-4a3b-4c5d-8e9f-000000000009"))
    pixel.fire(event("product_added_to_cart", ADDED, id="sh-7c8d1f2e-4a3b-4c5d-8e9f-000000000009"))
    for request in pixel.sent:
        headers = {**request["headers"], "Origin": "null", "User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/130.0"}
        response = api.post("/v1/analytics/events", content=request["body"], headers=headers)
        assert (response.status_code, response.json()["rejected"]) == (202, [])
    assert discount_shop.drain() == []
    site_cache.forget()
