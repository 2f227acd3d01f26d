"""The merchant's page, as it is served."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

import chalicelib.shops.errors
import chalicelib.studio.errors
from chalicelib.integrations.shopify import app_bridge
from chalicelib.kit import errors
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
    page = watermark.settings_page(app_bridge.embed("key", "roses.myshopify.com"))
    assert 'src="https://cdn.shopify.com/shopifycloud/app-bridge.js"' in page.html
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'sha256-" in policy
    assert policy.endswith("frame-ancestors https://roses.myshopify.com https://admin.shopify.com")
    assert "127.0.0.1" not in policy
    assert " *" not in policy


@pytest.mark.parametrize("script", ["storefront.js", "watermark.js"])
def test_the_scripts_name_error_codes_that_exist(script: str) -> None:
    text = Path(watermark.__file__).with_name(script).read_text()
    table = re.findall(r"^  ([A-Z][A-Za-z]+): \"", text, re.MULTILINE)
    lists = re.findall(r"ABOUT_THE_PHOTO = \[(.*?)\]", text)
    codes = {*table, *re.findall(r'"(\w+)"', "".join(lists)), *re.findall(r'code [!=]== "(\w+)"', text)}
    assert codes
    known = {name for module in (errors, chalicelib.studio.errors, chalicelib.shops.errors) for name in vars(module)}
    assert codes <= known
