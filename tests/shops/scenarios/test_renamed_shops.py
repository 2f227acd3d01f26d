"""A shop with another myshopify domain keeps its rows, whichever way we first hear of the new domain."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth
from chalicelib.kit.auth import Role
from chalicelib.kit.models import UniqueValue
from chalicelib.shops.models import EventType, InstallationLog, Shop, ShopDomain, WebhookDelivery
from chalicelib.shops.schemas.messages import RegistrationRequested
from chalicelib.shops.service import shop_identity, webhook_registration
from chalicelib.shops.service.admin import open_admin_api
from infra.sandbox.shopify import ShopifySandbox
from tests.shops.conftest import install

Drain = Callable[[], list[dict[str, Any]]]
Bearer = Callable[..., dict[str, str]]
Listen = Callable[..., Drain]

LINES = [{"variant_id": 11, "product_id": 22}]
PATH = "/v1/shops/me/settings"


@pytest.fixture
def new() -> str:
    """Return a domain that no other test uses."""
    return f"new-{uuid.uuid4().hex[:10]}.myshopify.com"


@pytest.fixture
def known_shop(installed_shop: str, api: httpx2.Client, drain: Drain, bearer: Bearer) -> str:
    """Return the domain of a shop with `studio` installed, registered, and with settings."""
    assert drain() == []
    body = {"settings": {"greeting": installed_shop}}
    assert api.put(PATH, headers=bearer(installed_shop) | {"If-Match": '"0"'}, json=body).status_code == 200
    return installed_shop


def greeting(api: httpx2.Client, headers: dict[str, str]) -> str | None:
    response = api.get(PATH, headers=headers)
    assert response.status_code == 200, response.text
    found: str | None = response.json()["settings"].get("greeting")
    return found


def rows_of(*domains: str) -> list[str]:
    """Return those of the domains under which an installation is stored."""
    return [row.shop for domain in domains for row in Shop.query(domain)]


def emit_rename(shopify: ShopifySandbox, shop: str, new: str) -> None:
    """Rename the shop; Shopify reports it by webhook."""
    [delivery] = shopify.emit(new, "shop/update", shopify.rename_shop(shop, new))
    assert delivery.ok


def test_the_id_is_stored_with_the_installation(known_shop: str, shopify: ShopifySandbox) -> None:
    row = Shop.get(known_shop, "studio")
    assert row.shopify_id == f"gid://shopify/Shop/{shopify.update_shop(known_shop)['id']}"
    assert row.current_domain is None


def test_session_token_of_a_new_domain(
    api: httpx2.Client, known_shop: str, new: str, shopify: ShopifySandbox, bearer: Bearer, drain: Drain
) -> None:
    shopify.rename_shop(known_shop, new)
    assert greeting(api, bearer(new)) == known_shop
    read = api.get("/v1/shops/me", headers=bearer(new)).json()
    assert (read["shop"], read["domain"]) == (known_shop, new)
    assert rows_of(known_shop, new) == [known_shop]
    assert [row.event_type for row in InstallationLog.query(known_shop)] == [EventType.INSTALL]
    assert drain() == []
    row = Shop.get(known_shop, "studio")
    shopify.requests.clear()
    open_admin_api(known_shop, "studio").graphql("{ shop { id } }")
    assert [request.path.split("/")[1] for request in shopify.requests] == [new], "calls go to the present domain"
    assert Shop.get(known_shop, "studio").access_token == row.access_token, "no other exchange"


def test_tokens_are_refreshed_at_the_present_domain(
    known_shop: str, new: str, shopify: ShopifySandbox, drain: Drain
) -> None:
    emit_rename(shopify, known_shop, new)
    assert drain() == []
    shopify.expire_access_token("studio", new)
    shopify.requests.clear()
    assert open_admin_api(known_shop, "studio").graphql("{ shop { myshopifyDomain } }") == {
        "shop": {"myshopifyDomain": new}
    }
    assert {request.path.split("/")[1] for request in shopify.requests} == {new}


def test_two_first_calls_under_a_new_domain(
    api: httpx2.Client, known_shop: str, new: str, shopify: ShopifySandbox, bearer: Bearer
) -> None:
    shopify.rename_shop(known_shop, new)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: greeting(api, bearer(new)), range(4)))
    assert found == [known_shop] * 4
    assert rows_of(known_shop, new) == [known_shop]


@pytest.mark.parametrize("starts_with_old_domain", [True, False])
def test_oauth_under_a_new_domain(
    api: httpx2.Client, known_shop: str, new: str, shopify: ShopifySandbox, bearer: Bearer, starts_with_old_domain: bool
) -> None:
    shopify.rename_shop(known_shop, new)
    start = api.get("/shopify/studio/auth", params={"shop": known_shop if starts_with_old_domain else new})
    consent = httpx2.get(start.headers["location"], follow_redirects=False)
    while "/callback" not in consent.headers["location"]:
        consent = httpx2.get(httpx2.URL(start.headers["location"]).join(consent.headers["location"]))
    callback = httpx2.URL(consent.headers["location"])
    response = api.get(httpx2.URL(path=callback.path, query=callback.query))
    assert response.status_code == 302, response.text
    assert f"/store/{new.partition('.')[0]}/" in response.headers["location"]
    assert rows_of(known_shop, new) == [known_shop]
    assert greeting(api, bearer(new)) == known_shop


def test_oauth_that_was_started_for_another_shop_is_refused(
    api: httpx2.Client, known_shop: str, new: str, shopify: ShopifySandbox
) -> None:
    start = api.get("/shopify/studio/auth", params={"shop": known_shop})
    other = start.headers["location"].replace(known_shop, new)
    callback = httpx2.URL(httpx2.get(other).headers["location"])
    response = api.get(httpx2.URL(path=callback.path, query=callback.query))
    assert response.json()["code"] == "InvalidState"
    assert rows_of(new) == []


def test_webhooks_of_a_new_domain(
    known_shop: str, new: str, shopify: ShopifySandbox, drain: Drain, listen: Listen
) -> None:
    """The first webhook names the shop's id; the others follow it. Those of the old domain belong to the same shop."""
    read_messages = listen("shops-order_paid")
    emit_rename(shopify, known_shop, new)
    for domain in (new, known_shop):
        shopify.deliver("studio", domain, "orders/paid", shopify.paid_order(new, LINES, customer_id=7))
    assert [message["shop"] for message in read_messages()] == [known_shop] * 2
    assert drain() == []
    row = Shop.get(known_shop, "studio")
    assert (row.current_domain, row.shop_name) == (new, shopify.update_shop(new)["name"])
    assert [each.shop for each in WebhookDelivery.scan()] == [known_shop] * 3


def test_orders_before_the_domain_is_known_are_fetched(
    known_shop: str, new: str, shopify: ShopifySandbox, drain: Drain, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop_identity, "BACKFILL_DELAY", 0)
    read_messages = listen("shops-order_paid")
    payload = shopify.rename_shop(known_shop, new)
    order = shopify.paid_order(new, LINES, customer_id=7)
    shopify.deliver("studio", new, "orders/paid", order)
    assert [message["shop"] for message in read_messages()] == [new], "nothing shows whose it is"
    shopify.emit(new, "shop/update", payload)
    assert drain() == []
    [message] = read_messages()
    assert (message["shop"], message["order_id"]) == (known_shop, order["admin_graphql_api_id"])


def test_reconciliation_finds_a_new_domain(
    known_shop: str, new: str, shopify: ShopifySandbox, drain: Drain, api: httpx2.Client, bearer: Bearer
) -> None:
    """So it does for a shop that was installed before ids were stored."""
    Shop(known_shop, "studio").update([Shop.shopify_id.remove()])
    for claim in UniqueValue.scan(UniqueValue.owner == known_shop):
        claim.delete()
    shopify.rename_shop(known_shop, new)
    webhook_registration.register_webhooks(RegistrationRequested(shop=known_shop, app="studio"))
    assert drain() == []
    row = Shop.get(known_shop, "studio")
    assert (row.current_domain, row.shopify_id) == (new, f"gid://shopify/Shop/{shopify.update_shop(new)['id']}")
    assert [(each.domain, each.shop) for each in ShopDomain.scan()] == [(new, known_shop)]
    assert greeting(api, bearer(new)) == known_shop


def test_two_renames_and_back(
    api: httpx2.Client, known_shop: str, new: str, shopify: ShopifySandbox, bearer: Bearer, drain: Drain
) -> None:
    third = f"third-{new}"
    for old, domain in ((known_shop, new), (new, third), (third, new), (new, known_shop)):
        emit_rename(shopify, old, domain)
        assert drain() == []
        assert greeting(api, bearer(domain)) == known_shop
        assert api.get("/v1/shops/me", headers=bearer(domain)).json()["domain"] == domain
    assert Shop.get(known_shop, "studio").current_domain is None
    assert sorted(each.domain for each in ShopDomain.scan()) == sorted([new, third])


def test_a_late_webhook_does_not_undo_a_rename(
    known_shop: str, new: str, shopify: ShopifySandbox, drain: Drain
) -> None:
    before = shopify.update_shop(known_shop, name="Before")
    early = shopify.webhook("studio", known_shop, "shop/update", before, triggered_at="2026-01-01T00:00:00Z")
    emit_rename(shopify, known_shop, new)
    assert httpx2.post(early.url, content=early.body, headers=early.headers).status_code == 200
    assert drain() == []
    assert Shop.get(known_shop, "studio").current_domain == new


@pytest.mark.parametrize("by_oauth", [True, False])
def test_a_shop_returns_under_a_new_domain(
    api: httpx2.Client,
    known_shop: str,
    new: str,
    shopify: ShopifySandbox,
    bearer: Bearer,
    drain: Drain,
    by_oauth: bool,
) -> None:
    shopify.uninstall("studio", known_shop)
    assert drain() == []
    shopify.rename_shop(known_shop, new)
    if by_oauth:
        assert install(api, "studio", new).status_code == 302
    assert greeting(api, bearer(new)) == known_shop
    assert [row.event_type for row in InstallationLog.query(known_shop)][-1] is EventType.REINSTALL
    assert rows_of(known_shop, new) == [known_shop]


def test_uninstall_under_a_new_domain(known_shop: str, new: str, shopify: ShopifySandbox, drain: Drain) -> None:
    """It is the first that we hear of the domain."""
    shopify.rename_shop(known_shop, new)
    assert shopify.uninstall("studio", new).ok
    assert drain() == []
    row = Shop.get(known_shop, "studio")
    assert (row.is_active, row.current_domain) == (False, new)
    assert row.access_token is None
    assert rows_of(new) == []


def test_another_app_stores_its_rows_under_the_same_domain(
    api: httpx2.Client, known_shop: str, new: str, shopify: ShopifySandbox, bearer: Bearer
) -> None:
    shopify.rename_shop(known_shop, new)
    assert install(api, "discounts", new).status_code == 302
    assert [row.app for row in Shop.query(known_shop)] == ["discounts", "studio"]
    assert rows_of(new) == []
    assert api.get("/v1/shops/me", headers=bearer(new, "discounts")).json()["shop"] == known_shop


def test_a_first_domain_that_another_shop_takes(
    api: httpx2.Client, known_shop: str, new: str, shopify: ShopifySandbox, bearer: Bearer, drain: Drain
) -> None:
    """The other shop is refused, whether or not we know of the rename."""
    shopify.rename_shop(known_shop, new)
    shopify.take_domain(known_shop)
    assert install(api, "studio", known_shop).json()["code"] == "ShopDomainTaken"
    assert greeting(api, bearer(new)) == known_shop
    assert drain() == []
    response = api.get(PATH, headers=bearer(known_shop))
    assert (response.status_code, response.json()["code"]) == (409, "ShopDomainTaken")
    redact = shopify.privacy("shop/redact", known_shop)
    assert shopify.deliver("studio", known_shop, "shop/redact", redact).ok
    assert drain() == []
    assert greeting(api, bearer(new)) == known_shop, "not erased"


@pytest.mark.parametrize("topic", ["shop/redact", "app/uninstalled", "shop/update"])
def test_a_webhook_of_another_shop_at_a_first_domain_changes_nothing(
    known_shop: str, new: str, shopify: ShopifySandbox, drain: Drain, topic: str
) -> None:
    """Nothing told us that the first shop left the domain; the id in the signed body shows it."""
    before = Shop.get(known_shop, "studio")
    shopify.rename_shop(known_shop, new)
    shopify.take_domain(known_shop)
    other = shopify.update_shop(known_shop, name="Other")
    body = shopify.privacy(topic, known_shop) if topic == "shop/redact" else other
    assert shopify.deliver("studio", known_shop, topic, body).ok
    assert drain() == []
    row = Shop.get(known_shop, "studio")
    assert (row.is_active, row.shopify_id, row.shop_name) == (True, before.shopify_id, before.shop_name)
    assert WebhookDelivery.count() == 0


def test_a_later_domain_that_another_shop_takes(
    api: httpx2.Client, known_shop: str, new: str, shopify: ShopifySandbox, bearer: Bearer, drain: Drain, listen: Listen
) -> None:
    third = f"third-{new}"
    emit_rename(shopify, known_shop, new)
    emit_rename(shopify, new, third)
    shopify.take_domain(new)
    assert greeting(api, bearer(new)) is None
    assert drain() == []
    assert greeting(api, bearer(third)) == known_shop
    assert Shop.get(new, "studio").shopify_id != Shop.get(known_shop, "studio").shopify_id
    read_messages = listen("shops-order_paid")
    for domain in (new, third):
        shopify.deliver("studio", domain, "orders/paid", shopify.paid_order(domain, LINES, customer_id=7))
    assert [message["shop"] for message in read_messages()] == [new, known_shop]


def test_a_shop_that_moves_to_the_domain_that_another_left(
    api: httpx2.Client, known_shop: str, new: str, shopify: ShopifySandbox, bearer: Bearer, drain: Drain
) -> None:
    """We did not hear that the other left it: its rows are not served any more at that domain."""
    assert install(api, "studio", new).status_code == 302
    assert drain() == []
    elsewhere = f"elsewhere-{new}"
    shopify.rename_shop(new, elsewhere)
    shopify.take_domain(new, known_shop)
    assert install(api, "studio", new).status_code == 302
    assert greeting(api, bearer(new)) == known_shop
    assert greeting(api, bearer(elsewhere)) is None
    assert [Shop.get(each, "studio").current_domain for each in (known_shop, new)] == [new, elsewhere]


def test_operators_find_a_shop_by_either_domain(
    api: httpx2.Client, known_shop: str, new: str, shopify: ShopifySandbox, drain: Drain
) -> None:
    emit_rename(shopify, known_shop, new)
    assert drain() == []
    headers = {"Authorization": f"Bearer {auth.mint(Role.OPERATOR, 'op')}"}
    for path in ("/v1/operator/deliveries?shop={}", "/v1/operator/shops/{}/sessions"):
        pages = [api.get(path.format(domain), headers=headers).json()["items"] for domain in (known_shop, new)]
        assert pages[0], path
        assert pages[0] == pages[1]


def test_unknown_domains_are_looked_up_each_time(new: str, known_shop: str) -> None:
    assert shop_identity.resolve_shop(new, "studio") == new
    created_at = Shop.get(known_shop, "studio").created_at
    ShopDomain(new, "studio", shop=known_shop, shopify_id="x", created_at=created_at).save()
    assert shop_identity.resolve_shop(new, "studio") == known_shop
