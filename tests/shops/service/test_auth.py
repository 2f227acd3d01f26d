"""Verification of session tokens and app proxy queries."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import jwt
import pytest

from chalicelib.kit.auth import Credentials
from chalicelib.shops import service
from chalicelib.shops.errors import InvalidProxySignature
from infra.sandbox.shopify import SANDBOX_APPS, ShopifySandbox

Bearer = Callable[..., dict[str, str]]
STUDIO = SANDBOX_APPS["studio"]


def test_a_session_token_identifies_the_shop(api: httpx2.Client, installed_shop: str, bearer: Bearer) -> None:
    body = api.get("/v1/shops/me", headers=bearer(installed_shop)).json()
    assert (body["shop"], body["app"], body["is_active"]) == (installed_shop, "studio", True)
    assert "access_token" not in body


@pytest.mark.parametrize("moments", [{"exp": -60}, {"nbf": 3600, "exp": 7200}], ids=["expired", "not yet"])
def test_other_times_are_refused(
    api: httpx2.Client, installed_shop: str, bearer: Bearer, moments: dict[str, int]
) -> None:
    """Seconds from now, by claim."""
    claims = {name: int(time.time()) + seconds for name, seconds in moments.items()}
    response = api.get("/v1/shops/me", headers=bearer(installed_shop, **claims))
    assert (response.status_code, response.json()["code"]) == (401, "InvalidSessionToken")


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-key"},
        {"aud": [STUDIO.key]},
        {"aud": SANDBOX_APPS["discounts"].key},  # signed with another secret
        {"iss": "https://other.myshopify.com/admin"},
        {"dest": "https://other.myshopify.com"},
        {"iss": "https://evil.example/admin", "dest": "https://evil.example"},
        {"iss": "http://a.myshopify.com/admin", "dest": "http://a.myshopify.com"},
        *[{name: None} for name in ("iss", "dest", "aud", "sub", "exp", "nbf", "iat", "jti", "sid")],
    ],
)
def test_other_claims_are_refused(
    api: httpx2.Client, installed_shop: str, bearer: Bearer, claims: dict[str, Any]
) -> None:
    response = api.get("/v1/shops/me", headers=bearer(installed_shop, **claims))
    assert (response.status_code, response.json()["code"]) == (401, "InvalidSessionToken")


@pytest.mark.parametrize(("off", "status"), [(-10, 401), (-9, 200), (10, 200), (11, 401)])
def test_clock_skew_of_ten_seconds_is_accepted(
    api: httpx2.Client, installed_shop: str, bearer: Bearer, stopped_clock: datetime, off: int, status: int
) -> None:
    moment = int(stopped_clock.timestamp()) + off
    claims = {"exp": moment} if off < 0 else {"nbf": moment, "iat": moment, "exp": moment + 60}
    assert api.get("/v1/shops/me", headers=bearer(installed_shop, **claims)).status_code == status


@pytest.mark.parametrize("algorithm", ["none", "HS384", "HS512"])
def test_only_hs256_is_accepted(
    api: httpx2.Client, shopify: ShopifySandbox, installed_shop: str, algorithm: str
) -> None:
    claims = jwt.decode(shopify.session_token("studio", installed_shop), options={"verify_signature": False})
    secret = "" if algorithm == "none" else STUDIO.secret
    with warnings.catch_warnings(action="ignore"):  # PyJWT warns about the key length
        token = jwt.encode(claims, secret, algorithm=algorithm)
    response = api.get("/v1/shops/me", headers={"Authorization": f"Bearer {token}"})
    assert response.json()["code"] == "InvalidSessionToken"


@pytest.mark.parametrize("header", [None, "Bearer", "Basic abc", "Bearer a.b.c", "Bearer é.é.é"])
def test_a_missing_token_is_refused(api: httpx2.Client, header: str | None) -> None:
    headers = {b"Authorization": header.encode()} if header else {}
    assert api.get("/v1/shops/me", headers=headers).status_code == 401


def test_a_changed_signature_is_refused(api: httpx2.Client, shopify: ShopifySandbox, installed_shop: str) -> None:
    head, body, signature = shopify.session_token("studio", installed_shop).split(".")
    forged_token = ".".join([head, body, signature[::-1]])
    assert api.get("/v1/shops/me", headers={"Authorization": f"Bearer {forged_token}"}).status_code == 401


def read_shopper(url: str) -> service.Shopper:
    query = parse_qs(urlsplit(url).query, keep_blank_values=True)
    return service.shopper(Credentials({}, query, {}, b""))


def test_a_shopper_is_the_customer_of_the_proxy_query(shopify: ShopifySandbox, shop: str) -> None:
    shopper = read_shopper(shopify.proxy_url("studio", shop, "styles", customer_id=7))
    assert shopper == service.Shopper(shop, "studio", "gid://shopify/Customer/7")
    assert shopper.subject == f"shopper:{shop}:gid://shopify/Customer/7"


def test_a_guest_has_no_customer_id(shopify: ShopifySandbox, shop: str) -> None:
    shopper = read_shopper(shopify.proxy_url("discounts", shop, "x", {"extra": ["1", "2"]}))
    assert (shopper.app, shopper.customer_id, shopper.subject) == ("discounts", None, f"shopper:{shop}:guest")


def test_other_queries_are_refused(shopify: ShopifySandbox, shop: str) -> None:
    url = shopify.proxy_url("studio", shop, "styles", customer_id=7)
    for forged_url in (
        url.replace("customer_id=7", "customer_id=8"),
        url + "&logged_in_customer_id=8",
        shopify.proxy_url("studio", shop, "styles", timestamp=int(time.time()) - 120),
        shopify.proxy_url("studio", "evil.example", "styles"),
        "http://x/?" + shopify.sign_proxy("studio", {"shop": shop, "timestamp": "0"}),
        "http://x/",
    ):
        with pytest.raises(InvalidProxySignature):
            read_shopper(forged_url)


def test_missing_scopes_are_returned_to_the_merchant(
    api: httpx2.Client,
    shopify: ShopifySandbox,
    installed_shop: str,
    bearer: Bearer,
    drain: Callable[[], list[dict[str, Any]]],
) -> None:
    assert drain() == []
    assert api.get("/v1/shops/me", headers=bearer(installed_shop)).json()["missing_scopes"] == []
    shopify.emit(
        installed_shop, "app/scopes_update", shopify.update_scopes("studio", installed_shop, ["read_products"])
    )
    assert drain() == []
    assert api.get("/v1/shops/me", headers=bearer(installed_shop)).json()["missing_scopes"] == [
        "read_customers",
        "read_orders",
    ]
