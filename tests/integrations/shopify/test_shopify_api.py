"""Calls to Shopify, against the sandbox and against servers with faulty responses."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs

import httpx2
import pytest

from chalicelib.integrations.shopify import admin_api, oauth
from chalicelib.integrations.shopify.errors import AccessDenied, ShopifyRefused, ShopifyUnavailable, ShopUnavailable
from chalicelib.integrations.shopify.oauth import Client, exchange_session_token
from chalicelib.kit import config
from infra.sandbox.shopify import SANDBOX_APPS, ShopifySandbox
from tests.integrations.canned_server import CannedResponse, canned_server

STUDIO = SANDBOX_APPS["studio"]
CLIENT = Client(STUDIO.key, STUDIO.secret)
SHOP = "integration.myshopify.com"
SHOP_NAME = "query { shop { myshopifyDomain } }"


@pytest.fixture(autouse=True)
def _sandbox(shopify: ShopifySandbox) -> None:
    """Start the sandbox for every test of this module."""


def code() -> str:
    url = oauth.authorize_url(SHOP, CLIENT, "read_orders", "http://127.0.0.1/back", "a state")
    return httpx2.URL(httpx2.get(url).headers["location"]).params["code"]


def test_a_code_becomes_an_expiring_token() -> None:
    grant = oauth.redeem_code(SHOP, CLIENT, code())
    assert (grant.scope, grant.expires_in) == ("read_orders", 3600)
    assert grant.refresh_token
    assert grant.refresh_token_expires_in == 90 * 86_400
    assert admin_api.graphql(SHOP, grant.access_token, SHOP_NAME) == {"shop": {"myshopifyDomain": SHOP}}


def test_a_session_token_becomes_an_expiring_token(shopify: ShopifySandbox) -> None:
    grant = exchange_session_token(SHOP, CLIENT, shopify.session_token("studio", SHOP))
    assert grant.access_token.startswith("shpat_")
    assert grant.refresh_token
    form = parse_qs(shopify.requests[-1].body.decode())
    assert form["expiring"] == ["1"]


def test_a_refresh_returns_a_new_token_pair() -> None:
    first = oauth.redeem_code(SHOP, CLIENT, code())
    second = oauth.refresh_tokens(SHOP, CLIENT, first.refresh_token or "")
    assert second.access_token != first.access_token
    assert second.refresh_token != first.refresh_token


def test_a_refused_token_request_raises() -> None:
    for response in (
        lambda: oauth.redeem_code(SHOP, CLIENT, "no such code"),
        lambda: oauth.redeem_code(SHOP, Client(STUDIO.key, "wrong"), code()),
        lambda: oauth.refresh_tokens(SHOP, CLIENT, "shprt_dead"),
        lambda: exchange_session_token(SHOP, CLIENT, "a.b.c"),
        lambda: admin_api.graphql(SHOP, "shpat_dead", SHOP_NAME),
    ):
        with pytest.raises(ShopifyRefused) as error:
            response()
        assert error.value.status in (400, 401)


def test_an_invalid_query_raises() -> None:
    grant = oauth.redeem_code(SHOP, CLIENT, code())
    with pytest.raises(ShopifyRefused, match="nonsense"):
        admin_api.graphql(SHOP, grant.access_token, "query { nonsense }")


def test_secrets_are_hidden_in_repr() -> None:
    grant = oauth.redeem_code(SHOP, CLIENT, code())
    text = f"{grant!r} {CLIENT!r}"
    for secret in (grant.access_token, grant.refresh_token or "none", STUDIO.secret):
        assert secret not in text


def test_the_url_without_a_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(config.settings().vendor_base_urls, "shopify")
    url = httpx2.URL(oauth.authorize_url(SHOP, CLIENT, "a,b", "https://us.example/back", "s"))
    assert (url.scheme, url.host, url.path) == ("https", SHOP, "/admin/oauth/authorize")
    assert dict(url.params) == {
        "client_id": STUDIO.key,
        "scope": "a,b",
        "redirect_uri": "https://us.example/back",
        "state": "s",
    }


@pytest.fixture
def shopify_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[CannedResponse]:
    """Start a server in place of Shopify, with a response that the test sets."""
    with canned_server() as server:
        monkeypatch.setitem(config.settings().vendor_base_urls, "shopify", server.url)
        yield server


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (402, b'{"errors":"Unavailable Shop"}', ShopUnavailable),
        (403, b'{"errors":"Unavailable Shop"}', ShopUnavailable),
        (404, b"<html>", ShopUnavailable),
        (423, b"[]", ShopUnavailable),
        (403, b'{"errors":"[API] This action requires merchant approval for read_orders scope."}', AccessDenied),
        (403, b'{"error":"unauthorized_client"}', ShopifyRefused),
        (406, b'{"errors":"Not Acceptable"}', ShopifyRefused),
        (200, b'{"errors":[{"message":"m","path":["orders"],"extensions":{"code":"ACCESS_DENIED"}}]}', AccessDenied),
    ],
)
def test_a_refusal_is_about_the_shop_the_scope_or_the_call(
    shopify_server: CannedResponse, status: int, body: bytes, kind: type[Exception]
) -> None:
    shopify_server.status, shopify_server.body = status, body
    with pytest.raises(ShopifyRefused) as error:
        admin_api.graphql(SHOP, "shpat_x", SHOP_NAME)
    assert type(error.value) is kind


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (503, b"<html>"),
        (429, b'{"errors":"slow down"}'),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}'),
    ],
)
def test_transient_errors_are_retryable(shopify_server: CannedResponse, status: int, body: bytes) -> None:
    shopify_server.status, shopify_server.body = status, body
    with pytest.raises(ShopifyUnavailable) as error:
        admin_api.graphql(SHOP, "shpat_x", SHOP_NAME)
    assert error.value.headers["Retry-After"]


@pytest.mark.parametrize(
    ("errors", "text"),
    [
        ('"Not Found"', "Not Found"),
        ('{"base":["No access"],"id":"odd"}', "base: "),
        ('{"message":"No access","extensions":null}', "No access"),
        ('["No access",{"message":"odd"}]', "No access"),
        ('[{"message":"No access","extensions":"odd","path":7}]', "No access"),
        ("7", "7"),
    ],
)
def test_errors_of_any_shape_are_refusals(shopify_server: CannedResponse, errors: str, text: str) -> None:
    for data in ("null", '{"shop":{"name":"A"}}', "[1]"):
        shopify_server.body = f'{{"errors":{errors},"data":{data},"extensions":"odd"}}'.encode()
        with pytest.raises(ShopifyRefused, match=text):
            admin_api.graphql(SHOP, "shpat_x", SHOP_NAME)


def test_a_redirect_is_not_followed(shopify_server: CannedResponse) -> None:
    shopify_server.status, shopify_server.body = 302, b"{}"
    with pytest.raises(ShopifyRefused):
        oauth.redeem_code(SHOP, CLIENT, "c")


def test_a_token_without_a_lifetime_expires(shopify_server: CannedResponse) -> None:
    shopify_server.body = b'{"access_token":"shpat_x","scope":""}'
    assert oauth.redeem_code(SHOP, CLIENT, "c").expires_in == oauth.ACCESS_SECONDS
    shopify_server.body = b'{"scope":""}'
    with pytest.raises(ShopifyRefused):
        oauth.redeem_code(SHOP, CLIENT, "c")


def test_a_connection_failure_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(config.settings().vendor_base_urls, "shopify", "http://127.0.0.1:1")
    with pytest.raises(ShopifyUnavailable):
        oauth.redeem_code(SHOP, CLIENT, "c")
