"""The merchant's page, as it is served."""

from __future__ import annotations

import httpx
import pytest

from chalicelib.studio.pages import watermark
from infra.sandbox.shopify import SANDBOX_APPS, ShopifySandbox


def frames(answer: httpx.Response) -> str:
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    return policy["frame-ancestors"]


@pytest.mark.parametrize(
    ("shop", "framed_by"),
    [("roses.myshopify.com", "https://roses.myshopify.com "), ("evil.example", ""), ("", "")],
)
def test_only_the_shop_s_admin_may_frame_it(
    api: httpx.Client, shopify: ShopifySandbox, shop: str, framed_by: str
) -> None:
    answer = api.get("/studio/app", params={"shop": shop, "host": "x", "embedded": "1"})
    assert answer.status_code == 200
    assert frames(answer) == f"{framed_by}https://admin.shopify.com {shopify.url}"
    assert "x-frame-options" not in answer.headers
    assert SANDBOX_APPS["studio"].key in answer.text
    assert SANDBOX_APPS["studio"].secret not in answer.text


def test_in_an_account_app_bridge_is_shopify_s_own() -> None:
    page = watermark.settings_page("key", "roses.myshopify.com")
    assert 'src="https://cdn.shopify.com/shopifycloud/app-bridge.js"' in page.html
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'sha256-" in policy
    assert policy.endswith("frame-ancestors https://roses.myshopify.com https://admin.shopify.com")
    assert "127.0.0.1" not in policy
    assert " *" not in policy
