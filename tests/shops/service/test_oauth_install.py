"""OAuth installation of an app, with a browser and the Shopify sandbox."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import httpx2
import pytest

from chalicelib.integrations.shopify.signature import sign_oauth_query
from chalicelib.kit import aws, config, data_subjects, tombstones
from chalicelib.shops import apps
from chalicelib.shops.models import EventType, InstallationLog, Session, Shop
from chalicelib.shops.repository import tokens
from chalicelib.shops.service.tokens import get_access_token
from infra.deploy.packaging.names import API_STAGE
from infra.sandbox.shopify import SANDBOX_APPS, ShopifySandbox
from tests.retention.crash import crash_at
from tests.shops.conftest import install, oauth_callback

Drain = Callable[[], list[dict[str, Any]]]


def events(shop: str) -> list[EventType]:
    return [log.event_type for log in InstallationLog.query(shop)]


def test_an_installation_stores_the_shop_and_its_tokens(
    api: httpx2.Client, shopify: ShopifySandbox, shop: str, drain: Drain
) -> None:
    response = install(api, "studio", shop)
    assert response.status_code == 302
    name = shop.removesuffix(".myshopify.com")
    assert response.headers["location"] == f"https://admin.shopify.com/store/{name}/apps/{SANDBOX_APPS['studio'].key}"
    row = Shop.get(shop, "studio")
    assert row.is_active
    assert row.scope == "read_products,read_orders,read_customers"
    assert row.installed_at <= row.created_at
    lifetime = (row.token_expires_at - row.created_at).total_seconds()
    assert lifetime == 3600
    assert events(shop) == [EventType.INSTALL]
    [session] = Session.by_shop.query(shop)
    assert session.id == f"studio/offline_{shop}"
    assert not session.is_online

    assert drain() == []
    topics = {subscription["topic"] for subscription in shopify.webhook_subscriptions("studio", shop)}
    assert topics == {topic.replace("/", "_").upper() for topic in apps.get_app("studio").topics}
    row.refresh()
    assert (row.iana_timezone, row.currency) == ("America/New_York", "USD")
    assert row.email == f"owner@{name}.example"


def test_repeated_registration_subscribes_once(
    api: httpx2.Client, shopify: ShopifySandbox, shop: str, drain: Drain
) -> None:
    for _ in range(2):
        install(api, "discounts", shop)
        assert drain() == []
    assert len(shopify.webhook_subscriptions("discounts", shop)) == len(apps.get_app("discounts").topics)


def test_a_second_installation_is_a_reinstallation(api: httpx2.Client, shop: str, shopify: ShopifySandbox) -> None:
    install(api, "studio", shop)
    first = Shop.get(shop, "studio")
    install(api, "studio", shop)
    row = Shop.get(shop, "studio")
    assert events(shop) == [EventType.INSTALL, EventType.REINSTALL]
    assert row.created_at == first.created_at
    assert row.installed_at > first.installed_at


def test_new_scopes_of_an_installed_app_are_not_a_reinstallation(
    api: httpx2.Client, shop: str, shopify: ShopifySandbox, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They arrive by OAuth, by a webhook, or with refreshed tokens; only the first of these adds an entry."""
    install(api, "studio", shop)
    assert drain() == []
    former = ["read_customers", "read_orders", "read_products"]
    monkeypatch.setenv("SHOPIFY_STUDIO_SCOPES", ",".join([*former, "write_files"]))
    install(api, "studio", shop)
    assert drain() == []
    assert events(shop) == [EventType.INSTALL, EventType.SCOPES_UPDATE]
    for scopes in (former, former, [*former, "read_themes"]):
        shopify.deliver("studio", shop, "app/scopes_update", shopify.update_scopes("studio", shop, scopes))
        assert drain() == []
    assert events(shop) == [EventType.INSTALL, *[EventType.SCOPES_UPDATE] * 3]
    payload = shopify.update_scopes("studio", shop, former)
    token = tokens.decrypt_access_token(Shop.get(shop, "studio"))
    get_access_token(shop, "studio", rejected_token=token)
    shopify.deliver("studio", shop, "app/scopes_update", payload)
    assert drain() == []
    assert events(shop) == [EventType.INSTALL, *[EventType.SCOPES_UPDATE] * 4]


def test_apps_are_installed_side_by_side(api: httpx2.Client, shop: str, shopify: ShopifySandbox) -> None:
    install(api, "studio", shop)
    install(api, "discounts", shop)
    assert [row.app for row in Shop.query(shop)] == ["discounts", "studio"]
    assert events(shop) == [EventType.INSTALL, EventType.INSTALL]
    assert [row.shop for row in Shop.by_active_app.query("discounts")] == [shop]


def test_no_token_is_stored_in_clear(
    api: httpx2.Client, shopify: ShopifySandbox, shop: str, drain: Drain, caplog: pytest.LogCaptureFixture
) -> None:
    for context in ("shops", "http", "jobs"):
        caplog.set_level(logging.DEBUG, f"{config.settings().namespace}.{context}")
    caplog.set_level(logging.DEBUG)
    install(api, "studio", shop)
    drain()
    row = Shop.get(shop, "studio")
    access, refresh = tokens.decrypt_access_token(row), tokens.decrypt_refresh_token(row)
    assert access
    assert refresh
    assert access.startswith("shpat_")
    rows_text = str(
        [aws.client("dynamodb").scan(TableName=model.Meta.table_name)["Items"] for model in (Shop, Session)]
    )
    logged = str([vars(record) for record in caplog.records])
    assert shop in rows_text
    assert shop in logged
    for secret in (access, refresh, SANDBOX_APPS["studio"].secret):
        assert secret not in rows_text
        assert secret not in logged


def test_a_callback_works_once(api: httpx2.Client, shopify: ShopifySandbox, shop: str) -> None:
    url = oauth_callback(api, "studio", shop)
    cookies = dict(api.cookies)
    assert api.get(url).status_code == 302
    api.cookies.update(cookies)  # a browser that kept the deleted cookie
    second_response = api.get(url)
    assert (second_response.status_code, second_response.json()["code"]) == (403, "InvalidState")
    assert events(shop) == [EventType.INSTALL]


def test_another_browser_cannot_complete_an_installation(
    api: httpx2.Client, shopify: ShopifySandbox, shop: str
) -> None:
    url = oauth_callback(api, "studio", shop)
    api.cookies.clear()
    assert api.get(url).json()["code"] == "InvalidState"
    oauth_callback(api, "studio", shop)  # with its own cookie
    assert api.get(url).json()["code"] == "InvalidState"
    assert list(Shop.query(shop)) == []


def test_a_state_is_bound_to_its_shop(api: httpx2.Client, shopify: ShopifySandbox, shop: str) -> None:
    url = oauth_callback(api, "studio", shop)
    other = {**dict(url.params), "shop": f"other-{shop}"}
    query = {name: [value] for name, value in other.items()}
    response = api.get(url.path, params={**other, "hmac": sign_oauth_query(query, SANDBOX_APPS["studio"].secret)})
    assert response.json()["code"] == "InvalidState"


def test_an_expired_state_is_refused(api: httpx2.Client, shopify: ShopifySandbox, shop: str) -> None:
    url = oauth_callback(api, "studio", shop)
    [pending] = Session.by_shop.query(shop)
    assert pending.access_token is None
    assert pending.state not in str(url)
    pending.update([Session.expires.set(pending.created_at)])
    assert api.get(url).json()["code"] == "InvalidState"


@pytest.mark.parametrize("name", ["code", "shop", "state", "timestamp", "hmac", "host"])
def test_a_changed_callback_is_refused(api: httpx2.Client, shopify: ShopifySandbox, shop: str, name: str) -> None:
    url = oauth_callback(api, "studio", shop)
    value = url.params[name]
    other = ("y" if value[0] == "z" else "z") + value[1:]
    changed = api.get(url.path, params={**dict(url.params), name: other})
    assert (changed.status_code, changed.json()["code"]) == (400, "InvalidOAuthCallback")
    assert list(Shop.query(shop)) == []


@pytest.mark.parametrize("off", [-120, 120])
def test_an_old_or_future_callback_is_refused(
    api: httpx2.Client, shopify: ShopifySandbox, shop: str, stopped_clock: datetime, off: int
) -> None:
    url = oauth_callback(api, "studio", shop)
    query = {**dict(url.params), "timestamp": str(int(stopped_clock.timestamp()) + off)}
    query["hmac"] = sign_oauth_query({name: [value] for name, value in query.items()}, SANDBOX_APPS["studio"].secret)
    assert api.get(url.path, params=query).json()["code"] == "InvalidOAuthCallback"


def test_repeated_and_absent_parameters_are_refused(api: httpx2.Client, shopify: ShopifySandbox, shop: str) -> None:
    url = oauth_callback(api, "studio", shop)
    assert api.get(f"{url}&shop={shop}").status_code == 422
    assert api.get(url.path, params={"shop": shop}).status_code == 422


@pytest.mark.parametrize("text", ["evil.example", "evil.example/a.myshopify.com", "a.myshopify.com.evil.example"])
def test_no_other_host_is_called(api: httpx2.Client, text: str) -> None:
    response = api.get("/shopify/studio/auth", params={"shop": text})
    assert (response.status_code, response.json()["code"]) == (400, "InvalidShopDomain")


def test_an_unknown_app_is_404(api: httpx2.Client, shop: str) -> None:
    assert api.get("/shopify/nobody/auth", params={"shop": shop}).json()["code"] == "AppNotFound"


def test_an_unknown_code_is_refused(api: httpx2.Client, shopify: ShopifySandbox, shop: str) -> None:
    url = oauth_callback(api, "studio", shop)
    query = {**dict(url.params), "code": "0" * 32}
    query["hmac"] = sign_oauth_query({name: [value] for name, value in query.items()}, SANDBOX_APPS["studio"].secret)
    assert api.get(url.path, params=query).json()["code"] == "InstallationRefused"


def test_the_cookie_is_limited_to_the_install_path(api: httpx2.Client, shop: str) -> None:
    cookie = api.get("/shopify/studio/auth", params={"shop": shop}).headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=Lax", "Path=/shopify/studio/auth", "Max-Age=600"):
        assert part in cookie


def test_an_installation_is_published(
    api: httpx2.Client, shopify: ShopifySandbox, shop: str, drain: Drain, listen: Callable[[str], Drain]
) -> None:
    read_messages = listen("shops-shop_installed")
    install(api, "studio", shop)
    install(api, "studio", shop)
    assert drain() == []
    assert [(m["shop"], m["app"], m["event"]) for m in read_messages()] == [
        (shop, "studio", "install"),
        (shop, "studio", "reinstall"),
    ]


def test_a_reinstallation_removes_the_tombstone(
    api: httpx2.Client, shopify: ShopifySandbox, shop: str, drain: Drain
) -> None:
    tombstones.add(data_subjects.app(shop, "studio"))
    install(api, "studio", shop)
    assert drain() == []
    assert len(shopify.webhook_subscriptions("studio", shop)) == len(apps.get_app("studio").topics)


def test_the_tombstone_is_removed_even_if_the_process_crashes_after_the_commit(
    api: httpx2.Client, shop: str, bearer: Callable[..., dict[str, str]]
) -> None:
    """Crash right after the commit: no second installation happens."""
    tombstones.add(data_subjects.app(shop, "studio"))
    with crash_at(1, "after-call", "TransactWriteItems", how=RuntimeError):
        assert api.get("/v1/shops/me", headers=bearer(shop)).status_code == 500
    assert api.get("/v1/shops/me", headers=bearer(shop)).status_code == 200
    assert events(shop) == [EventType.INSTALL]
    assert not tombstones.is_erased(data_subjects.app(shop, "studio"))


def test_the_first_session_token_installs(
    api: httpx2.Client, shopify: ShopifySandbox, shop: str, bearer: Callable[..., dict[str, str]]
) -> None:
    """As with Shopify managed installation: eight concurrent requests make one installation."""
    with ThreadPoolExecutor(8) as calls:
        responses = list(calls.map(lambda _: api.get("/v1/shops/me", headers=bearer(shop)), range(8)))
    assert {response.status_code for response in responses} == {200}
    assert responses[0].json()["shop"] == shop
    assert events(shop) == [EventType.INSTALL]


def test_a_session_token_reinstalls_an_uninstalled_app(
    api: httpx2.Client,
    shopify: ShopifySandbox,
    installed_shop: str,
    drain: Drain,
    bearer: Callable[..., dict[str, str]],
) -> None:
    shopify.uninstall("studio", installed_shop)
    drain()
    assert not Shop.get(installed_shop, "studio").is_active
    assert api.get("/v1/shops/me", headers=bearer(installed_shop)).json()["is_active"] is True
    assert events(installed_shop) == [EventType.INSTALL, EventType.UNINSTALL, EventType.REINSTALL]


def test_the_cookie_works_below_a_stage_path(
    api: httpx2.Client, shopify: ShopifySandbox, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an account, URLs begin with the API Gateway stage, and a cookie's path must match it (RFC 6265, 5.1.4)."""
    base = f"https://abc.execute-api.eu-central-1.amazonaws.com/{API_STAGE}"
    monkeypatch.setenv("PUBLIC_URL", base)
    config.forget_settings()
    start_response = api.get("/shopify/studio/auth", params={"shop": shop})
    monkeypatch.undo()
    config.forget_settings()
    begin = httpx2.Request("GET", f"{base}/shopify/studio/auth?shop={shop}")
    browser = httpx2.Cookies()
    browser.extract_cookies(httpx2.Response(302, headers=start_response.headers, request=begin))
    callback = httpx2.Request("GET", httpx2.URL(start_response.headers["location"]).params["redirect_uri"])
    browser.set_cookie_header(callback)
    assert "backroom_install=" in callback.headers.get("cookie", "")
