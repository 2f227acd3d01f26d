"""A shop with the discounts app: actions of its merchant over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import httpx2

from chalicelib.shops.models import Shop
from infra.sandbox.shopify import ShopifySandbox

Drain = Callable[[], list[dict[str, Any]]]
Json = dict[str, Any]


class DiscountShop:
    """One shop with the discounts app installed, and its merchant."""

    def __init__(self, api: httpx2.Client, shopify: ShopifySandbox, drain: Drain, **details: str) -> None:
        self.api, self.shopify, self.drain = api, shopify, drain
        self.shop = f"prices-{uuid.uuid4().hex[:10]}.myshopify.com"
        self.install()
        if details:
            row = self.row
            for name, value in details.items():
                setattr(row, name, value)
            row.save()

    def install(self) -> None:
        """Install the app, and let its jobs run."""
        start_response = self.api.get("/shopify/discounts/auth", params={"shop": self.shop})
        callback = httpx2.URL(httpx2.get(start_response.headers["location"]).headers["location"])
        assert self.api.get(httpx2.URL(path=callback.path, query=callback.query)).status_code == 302
        assert self.drain() == []

    @property
    def row(self) -> Shop:
        return Shop.get(self.shop, "discounts", consistent_read=True)

    def merchant(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Send a request of the merchant to `/v1/discounts/<path>`; underscores in names of headers become hyphens."""
        token = self.shopify.session_token("discounts", self.shop)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        headers = {"Authorization": f"Bearer {token}", **named}
        return self.api.request(method, f"/v1/discounts/{path}", json=body, headers=headers)

    def add(self, **fields: Any) -> Json:
        """Create a discount and return it; by default 10 % on one SKU."""
        response = self.merchant("POST", "discounts", discount_body(**fields))
        assert response.status_code == 201, response.text
        body: Json = response.json()
        return body

    def get(self, discount_id: str) -> Json:
        body: Json = self.merchant("GET", f"discounts/{discount_id}").json()
        return body

    def change(self, discount: Json, **fields: Any) -> httpx2.Response:
        """Send changes of the version of a discount that `discount` shows."""
        path, version = f"discounts/{discount['discount_id']}", f'"{discount["version"]}"'
        return self.merchant("PUT", path, fields, If_Match=version)

    def changed(self, discount: Json, **fields: Any) -> Json:
        """Change a discount and return it."""
        response = self.change(discount, **fields)
        assert response.status_code == 200, response.text
        body: Json = response.json()
        return body

    def remove(self, discount: Json) -> None:
        path, version = f"discounts/{discount['discount_id']}", f'"{discount["version"]}"'
        response = self.merchant("DELETE", path, If_Match=version)
        assert response.status_code == 204, response.text


def discount_body(**fields: Any) -> Json:
    """Return the body of a new discount: 10 % on one SKU, with a title that no other has."""
    default = {"title": f"Sale {uuid.uuid4().hex[:8]}", "value_type": "percentage", "value": "10", "skus": ["MUG-1"]}
    return {**default, **fields}
