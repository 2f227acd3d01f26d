"""Access tokens, refreshed in time by one worker at a time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.integrations.shopify.errors import ShopUnavailable
from chalicelib.integrations.shopify.oauth import ACCESS_SECONDS, Grant
from chalicelib.kit import clock, config, locks, secrets
from chalicelib.kit.errors import Unavailable, WriteConflict
from chalicelib.shops import service
from chalicelib.shops.errors import InstallationNotFound
from chalicelib.shops.models import InstallationLog, Session, Shop
from chalicelib.shops.repository import details, tokens
from chalicelib.shops.service.oauth_install import token_lock_name
from infra.sandbox.shopify import ShopifySandbox
from tests.integrations.canned_server import canned_server


def token_requests(shopify: ShopifySandbox, shop: str) -> int:
    return sum(request.path == f"/{shop}/admin/oauth/access_token" for request in shopify.requests)


def set_token_lifetime(shop: str, lifetime: timedelta) -> None:
    Shop(shop, "studio").update([Shop.token_expires_at.set(clock.now() + lifetime)])


@pytest.mark.usefixtures("stopped_clock")
def test_a_valid_token_is_not_refreshed(shopify: ShopifySandbox, installed_shop: str) -> None:
    requests_before = token_requests(shopify, installed_shop)
    set_token_lifetime(installed_shop, timedelta(minutes=5))
    assert service.get_access_token(installed_shop, "studio") == service.get_access_token(installed_shop, "studio")
    assert token_requests(shopify, installed_shop) == requests_before


def test_one_of_many_workers_refreshes(shopify: ShopifySandbox, installed_shop: str) -> None:
    before = tokens.decrypt_access_token(Shop.get(installed_shop, "studio"))
    requests_before = token_requests(shopify, installed_shop)
    set_token_lifetime(installed_shop, timedelta(minutes=4))
    with ThreadPoolExecutor(8) as workers:
        result = set(workers.map(lambda _: service.get_access_token(installed_shop, "studio"), range(8)))
    row = Shop.get(installed_shop, "studio")
    after = tokens.decrypt_access_token(row)
    assert after != before
    assert result <= {before, after}  # the old token stays valid for its hour
    assert token_requests(shopify, installed_shop) == requests_before + 1
    assert row.token_expires_at > clock.now() + timedelta(minutes=59)
    [session] = Session.by_shop.query(installed_shop)
    assert secrets.decrypt(session.access_token, f"sessions/{session.id}/access_token") == after


def test_a_lost_refresh_response_can_be_requested_again(shopify: ShopifySandbox, installed_shop: str) -> None:
    """After a crash between Shopify's response and our write, the old refresh token still works."""
    row = Shop.get(installed_shop, "studio")
    stored_tokens = (row.access_token, row.refresh_token)
    set_token_lifetime(installed_shop, timedelta(0))
    service.get_access_token(installed_shop, "studio")
    Shop(installed_shop, "studio").update(
        [Shop.access_token.set(stored_tokens[0]), Shop.refresh_token.set(stored_tokens[1])]
    )
    set_token_lifetime(installed_shop, timedelta(0))
    token = service.get_access_token(installed_shop, "studio")
    assert tokens.decrypt_access_token(Shop.get(installed_shop, "studio")) == token


@pytest.mark.usefixtures("stopped_clock")
def test_an_expired_token_is_not_used_during_another_refresh(shopify: ShopifySandbox, installed_shop: str) -> None:
    lease = locks.acquire(token_lock_name(installed_shop, "studio"), 30)
    assert lease
    set_token_lifetime(installed_shop, timedelta(minutes=1))
    assert service.get_access_token(installed_shop, "studio")
    set_token_lifetime(installed_shop, timedelta(0))
    with pytest.raises(Unavailable):
        service.get_access_token(installed_shop, "studio")


def test_revoked_tokens_are_deleted_and_the_next_call_gets_new_ones(
    api: httpx2.Client, shopify: ShopifySandbox, installed_shop: str, bearer: Callable[..., dict[str, str]]
) -> None:
    shopify.revoke_tokens("studio", installed_shop)
    set_token_lifetime(installed_shop, timedelta(0))
    with pytest.raises(InstallationNotFound):
        service.get_access_token(installed_shop, "studio")
    assert Shop.get(installed_shop, "studio").access_token is None
    assert shopify.deliver("studio", installed_shop, "orders/paid", shopify.paid_order(installed_shop, [])).ok
    assert api.get("/v1/shops/me", headers=bearer(installed_shop)).status_code == 200
    assert service.get_access_token(installed_shop, "studio")
    assert InstallationLog.count(installed_shop) == 1  # no uninstall is logged


@pytest.mark.parametrize("had_lost_them", [False, True])
def test_an_uninstalled_shop_gets_no_tokens(
    shopify: ShopifySandbox, installed_shop: str, drain: Callable[[], list[dict[str, Any]]], had_lost_them: bool
) -> None:
    """The app is uninstalled while a worker waits for Shopify."""
    row = Shop.get(installed_shop, "studio")
    if had_lost_them:
        tokens.delete_tokens(row)
        row.refresh()
    shopify.uninstall("studio", installed_shop)
    drain()
    with pytest.raises(WriteConflict):
        tokens.replace_tokens(row, Grant("shpat_new", "read_orders", ACCESS_SECONDS, "shprt_new", 60), clock.now())
    assert Shop.get(installed_shop, "studio").access_token is None
    with pytest.raises(InstallationNotFound):
        service.get_access_token(installed_shop, "studio")


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (402, b'{"errors":"Unavailable Shop"}', ShopUnavailable),
        (403, b"{}", ShopUnavailable),
        (404, b"<html>", ShopUnavailable),
        (423, b"{}", ShopUnavailable),
        (408, b'{"error":"timeout"}', Unavailable),
        (200, b"{}", Unavailable),
    ],
)
def test_a_response_without_a_refresh_token_keeps_the_stored_one(
    installed_shop: str, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, error: type[Exception]
) -> None:
    """A shop keeps its tokens while it is frozen."""
    set_token_lifetime(installed_shop, timedelta(0))
    before = Shop.get(installed_shop, "studio").refresh_token
    with canned_server() as peer:
        peer.status, peer.body = status, body
        monkeypatch.setitem(config.settings().vendor_base_urls, "shopify", peer.url)
        with pytest.raises(error):
            service.get_access_token(installed_shop, "studio")
    row = Shop.get(installed_shop, "studio")
    assert row.refresh_token == before
    assert row.unavailable_status == (status if error is ShopUnavailable else None)


def test_an_undecryptable_refresh_token_is_replaced_by_the_next_request(
    api: httpx2.Client, shopify: ShopifySandbox, installed_shop: str, bearer: Callable[[str], dict[str, str]]
) -> None:
    set_token_lifetime(installed_shop, timedelta(0))
    Shop.get(installed_shop, "studio").update([Shop.refresh_token.set("file:gone:AAAA")])
    with pytest.raises(InstallationNotFound):
        service.get_access_token(installed_shop, "studio")
    assert api.get("/v1/shops/me", headers=bearer(installed_shop)).status_code == 200
    assert service.get_access_token(installed_shop, "studio")


def test_scopes_updated_during_a_refresh_are_kept(installed_shop: str) -> None:
    """The webhook is newer than the refresh response and was applied before the response was written."""
    row, asked_at = Shop.get(installed_shop, "studio"), clock.now()
    assert details.save_scope(installed_shop, "studio", "read_products", asked_at + timedelta(seconds=1))
    tokens.replace_tokens(row, Grant("shpat_new", "read_orders", ACCESS_SECONDS, "shprt_new", 60), asked_at)
    row = Shop.get(installed_shop, "studio")
    assert (row.scope, row.scope_triggered_at) == ("read_products", asked_at + timedelta(seconds=1))
    assert tokens.decrypt_access_token(row) == "shpat_new"
    tokens.replace_tokens(
        row, Grant("shpat_last", "read_orders", ACCESS_SECONDS, "shprt_last", 60), asked_at + timedelta(seconds=2)
    )
    assert Shop.get(installed_shop, "studio").scope == "read_orders"
