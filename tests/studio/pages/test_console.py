"""The merchant page as it is served."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2
import pytest

import chalicelib.shops.errors
import chalicelib.studio.errors
from chalicelib.integrations import storage
from chalicelib.integrations.shopify import app_bridge
from chalicelib.kit import config, errors
from chalicelib.studio.pages.console.page import Surroundings, console_page
from chalicelib.studio.pages.storefront import page as storefront
from infra.sandbox.shopify import SANDBOX_APPS, ShopifySandbox

PAGES = Path(storefront.__file__).parents[1]


def frame_ancestors(answer: httpx2.Response) -> str:
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    return policy["frame-ancestors"]


@pytest.mark.parametrize(
    ("shop", "framed_by"),
    [("roses.myshopify.com", "https://roses.myshopify.com "), ("evil.example", ""), ("", "")],
)
def test_only_the_admin_of_the_shop_may_frame_the_page(
    api: httpx2.Client, shopify: ShopifySandbox, shop: str, framed_by: str
) -> None:
    response = api.get("/studio/app", params={"shop": shop, "host": "x", "embedded": "1"})
    assert response.status_code == 200
    assert frame_ancestors(response) == f"{framed_by}https://admin.shopify.com {shopify.url}"
    assert "x-frame-options" not in response.headers
    assert SANDBOX_APPS["studio"].key in response.text
    assert SANDBOX_APPS["studio"].secret not in response.text


def test_in_an_account_app_bridge_is_shopify_s_own() -> None:
    surroundings = Surroundings("https://roses.myshopify.com", "https://bucket.example", "bedrock")
    page = console_page(app_bridge.embed("key", "roses.myshopify.com"), surroundings)
    assert 'src="https://cdn.shopify.com/shopifycloud/app-bridge.js"' in page.html
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'sha256-" in policy
    assert policy.endswith("frame-ancestors https://roses.myshopify.com https://admin.shopify.com")
    assert "127.0.0.1" not in policy
    assert " *" not in policy


def test_the_page_may_load_pictures_of_the_bucket_and_nothing_else(api: httpx2.Client, shopify: ShopifySandbox) -> None:
    answer = api.get("/studio/app", params={"shop": "roses.myshopify.com"})
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    bucket = storage.origins(config.settings().images_bucket)
    assert policy["img-src"] == f"data: blob: {bucket}"
    assert policy["connect-src"] == f"'self' {shopify.url} {bucket}"
    assert policy["default-src"] == "'none'"
    assert answer.headers["strict-transport-security"]
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "roses.myshopify.com" in answer.text  # the storefront's address; nothing else of a shop


@pytest.mark.parametrize("script", ["storefront/base.js", "console/base.js", "console/watermark.js"])
def test_the_scripts_name_error_codes_that_exist(script: str) -> None:
    text = (PAGES / script).read_text()
    table = re.findall(r"^  ([A-Z][A-Za-z]+): \"", text, re.MULTILINE)
    lists = re.findall(r"ABOUT_THE_\w+ = \[(.*?)\]", text)
    codes = {*table, *re.findall(r'"(\w+)"', "".join(lists)), *re.findall(r'code [!=]== "(\w+)"', text)}
    assert codes
    known = {name for module in (errors, chalicelib.studio.errors, chalicelib.shops.errors) for name in vars(module)}
    assert codes <= known | {"SessionExpired"}  # of the client itself
