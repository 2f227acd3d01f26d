"""The admin around an app, and what its App Bridge reads."""

from __future__ import annotations

from typing import Any

import httpx2

from infra.sandbox.shopify import ShopifySandbox

SHOP = "admin-pages.myshopify.com"


def products(shopify: ShopifySandbox, shop: str) -> list[dict[str, Any]]:
    answer = httpx2.get(f"{shopify.url}/{shop}/admin/products.json")
    assert answer.headers["access-control-allow-origin"] == "*"
    return list(answer.json()["products"])


def test_a_new_shop_has_sample_products_to_pick(shopify: ShopifySandbox) -> None:
    titles = [product["title"] for product in products(shopify, SHOP)]
    assert titles[:2] == ["Pet portrait", "Family poster"]


def test_a_shop_s_own_products_are_picked_with_their_variants(shopify: ShopifySandbox) -> None:
    shopify.product("own.myshopify.com", 77, "Mug", [{"id": 771, "title": "Large"}])
    (mug,) = products(shopify, "own.myshopify.com")
    assert (mug["id"], mug["title"]) == ("gid://shopify/Product/77", "Mug")
    (variant,) = mug["variants"]
    assert variant["id"] == "gid://shopify/ProductVariant/771"
    assert variant["displayName"] == "Mug - Large"


def test_the_admin_frames_the_app_and_serves_app_bridge(shopify: ShopifySandbox) -> None:
    frame = httpx2.get(f"{shopify.url}/{SHOP}/admin/apps/studio").text
    assert f"/studio/app?shop={SHOP}&amp;embedded=1" in frame
    script = httpx2.get(f"{shopify.url}/app-bridge.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert f'"{shopify.url}/"' in script.text
    assert "SANDBOX_URL" not in script.text
    token = httpx2.get(f"{shopify.url}/{SHOP}/admin/apps/studio/session-token")
    assert token.text.count(".") == 2
