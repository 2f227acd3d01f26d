"""Webhooks are handled without calling Shopify, whatever the state of the shop's tokens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from chalicelib.integrations.shopify import admin_api
from chalicelib.kit import secrets
from chalicelib.kit.data_subjects import Subject, pseudonym
from chalicelib.kit.secrets import DecryptionFailed
from chalicelib.retention.models import PrivacyKind, PrivacyRequest
from chalicelib.shops import service
from chalicelib.shops.models import DeliveryStatus, EventType, InstallationLog, Session, Shop
from chalicelib.shops.repository import tokens
from infra.sandbox.shopify import ShopifySandbox
from tests.retention.conftest import nothing_in_progress
from tests.shops.service.test_tokens import let_it_run_out
from tests.shops.service.test_webhook_handlers import row_of

__all__ = ["nothing_in_progress"]

pytestmark = pytest.mark.usefixtures("nothing_in_progress")

Drain = Callable[[], list[dict[str, Any]]]
Listen = Callable[[str], Drain]
Kill = Callable[[ShopifySandbox, str], None]

LINES = [{"variant_id": 11, "product_id": 22, "quantity": 2}]


def expired(shopify: ShopifySandbox, shop: str) -> None:
    shopify.expire_access_token("studio", shop)
    let_it_run_out(shop, timedelta(0))


def revoked(shopify: ShopifySandbox, shop: str) -> None:
    shopify.revoke_tokens("studio", shop)


def both(shopify: ShopifySandbox, shop: str) -> None:
    """Over, and its refresh token of no use either."""
    revoked(shopify, shop)
    let_it_run_out(shop, timedelta(0))


def sealed_with_a_lost_key(shopify: ShopifySandbox, shop: str) -> None:
    reseal(shop, lambda sealed: sealed.replace("file:k1:", "file:k0:"))


def tampered_with(shopify: ShopifySandbox, shop: str) -> None:
    reseal(shop, lambda sealed: sealed[:-8] + ("A" if sealed[-8] != "A" else "B") + sealed[-7:])


def moved_from_another_shop(shopify: ShopifySandbox, shop: str) -> None:
    reseal(
        shop,
        lambda _: secrets.encrypt(
            "shpat_of_another", tokens.token_encryption_context(f"other-{shop}", "studio", "access_token")
        ),
    )


def gone(shopify: ShopifySandbox, shop: str) -> None:
    Shop(shop, "studio").update(tokens.token_removal_actions())


def reseal(shop: str, change: Callable[[str], str]) -> None:
    """Change every sealed token of the shop, so that it cannot be opened."""
    row = Shop.get(shop, "studio")
    row.update([Shop.access_token.set(change(row.access_token)), Shop.refresh_token.set(change(row.refresh_token))])
    for session in Session.by_shop.query(shop):
        session.update([Session.access_token.set(change(session.access_token))])
    with pytest.raises(DecryptionFailed):
        tokens.decrypt_access_token(row)
    with pytest.raises(DecryptionFailed):
        tokens.decrypt_refresh_token(row)


UNREADABLE = [sealed_with_a_lost_key, tampered_with, moved_from_another_shop]
DEAD = [revoked, both, *UNREADABLE, gone]


@pytest.fixture
def settled(shopify: ShopifySandbox, installed_shop: str, drain: Drain) -> str:
    """A shop whose installation is complete, with nothing left to do."""
    assert drain() == []
    return installed_shop


def test_what_asks_shopify_is_noticed(shopify: ShopifySandbox, settled: str) -> None:
    """Else the tests below could not fail."""
    shopify.requests.clear()
    service.open_admin_api(settled, "studio").graphql("{ shop { name } }")
    assert len(shopify.requests) == 1


@pytest.mark.parametrize("kill", [expired, *DEAD])
def test_an_uninstall(shopify: ShopifySandbox, settled: str, drain: Drain, kill: Kill) -> None:
    kill(shopify, settled)
    shopify.requests.clear()
    delivery = shopify.uninstall("studio", settled)
    assert delivery.status == 200
    assert drain() == []
    assert not shopify.requests
    row = Shop.get(settled, "studio")
    assert not row.is_active
    assert row.uninstalled_at == row_of(delivery).triggered_at
    assert not {"access_token", "refresh_token", "token_expires_at"} & set(row.attribute_values)
    assert list(Session.by_shop.query(settled)) == []
    assert [log.event_type for log in InstallationLog.query(settled)] == [EventType.INSTALL, EventType.UNINSTALL]
    assert row_of(delivery).status is DeliveryStatus.PROCESSED


@pytest.mark.parametrize("kill", [expired, *DEAD])
@pytest.mark.parametrize(
    ("topic", "kind", "customer"),
    [
        ("customers/data_request", PrivacyKind.EXPORT, 7),
        ("customers/redact", PrivacyKind.ERASE, 7),
        ("customers/redact", PrivacyKind.ERASE, None),
    ],
)
def test_a_customers_privacy(
    shopify: ShopifySandbox,
    settled: str,
    drain: Drain,
    kill: Kill,
    topic: str,
    kind: PrivacyKind,
    customer: int | None,
) -> None:
    kill(shopify, settled)
    before = Shop.get(settled, "studio").attribute_values
    shopify.requests.clear()
    payload = shopify.privacy(topic, settled, customer_id=customer, orders=[41])
    delivery = shopify.deliver("studio", settled, topic, payload)
    assert delivery.status == 200
    assert drain() == []
    assert not shopify.requests
    [request] = PrivacyRequest.scan()
    guest = Subject.guest(settled, ["gid://shopify/Order/41"])
    subject = f"customer:{settled}:gid://shopify/Customer/{customer}" if customer else str(guest)
    assert (request.kind, request.subject) == (kind, pseudonym(subject))
    assert Shop.get(settled, "studio").attribute_values == before


@pytest.mark.parametrize("kill", [expired, *DEAD])
def test_a_shops_privacy(shopify: ShopifySandbox, settled: str, drain: Drain, kill: Kill) -> None:
    kill(shopify, settled)
    shopify.requests.clear()
    payload = shopify.privacy("shop/redact", settled)
    present = shopify.deliver("studio", settled, "shop/redact", payload)
    assert present.status == 200
    assert drain() == []
    assert row_of(present).error_message == "the shop came back"  # a dead token is no uninstall
    assert list(PrivacyRequest.scan()) == []

    assert shopify.uninstall("studio", settled).status == 200
    assert drain() == []
    away = shopify.deliver("studio", settled, "shop/redact", payload)
    assert away.status == 200
    assert drain() == []
    assert not shopify.requests
    [request] = PrivacyRequest.scan()
    assert (request.kind, request.subject) == (PrivacyKind.ERASE, pseudonym(f"shop:{settled}"))


@pytest.mark.parametrize("kill", [expired, *DEAD])
@pytest.mark.parametrize("topic", ["orders/paid", "shop/update", "app/scopes_update", "products/delete"])
def test_other_topics(shopify: ShopifySandbox, settled: str, drain: Drain, kill: Kill, topic: str) -> None:
    kill(shopify, settled)
    payload = {
        "orders/paid": shopify.paid_order(settled, LINES),
        "shop/update": shopify.update_shop(settled, name="Renamed"),
        "app/scopes_update": shopify.update_scopes("studio", settled, ["read_products"]),
        "products/delete": {"id": 22},
    }[topic]
    shopify.requests.clear()
    assert shopify.deliver("studio", settled, topic, payload).status == 200
    assert drain() == []
    assert not shopify.requests


@pytest.mark.parametrize("kill", DEAD)
def test_an_edited_order_waits_for_no_token(
    api: httpx.Client,
    shopify: ShopifySandbox,
    settled: str,
    drain: Drain,
    listen: Listen,
    bearer: Callable[..., dict[str, str]],
    kill: Kill,
) -> None:
    """The order cannot be fetched: that is said, nothing is tried for ever, and the merchant's next call mends it."""
    read_messages = listen("shops-order_edited")
    order = shopify.paid_order(settled, LINES)
    kill(shopify, settled)
    for _ in range(2):  # the second finds what the first left behind
        edit = shopify.edit_order(settled, order["id"], quantities={order["line_items"][0]["id"]: 1})
        delivery = shopify.deliver("studio", settled, "orders/edited", edit)
        assert delivery.status == 200
        assert drain() == []
        row = row_of(delivery)
        assert (row.status, row.error_message) == (
            DeliveryStatus.PROCESSED,
            "the app is not installed, or its tokens are revoked",
        )
    assert Shop.get(settled, "studio").is_active

    assert api.get("/v1/shops/me", headers=bearer(settled)).status_code == 200
    assert InstallationLog.count(settled) == 1  # it never left
    token = service.get_access_token(settled, "studio")
    assert admin_api.graphql(settled, token, "{ shop { name } }")["shop"]
    shopify.deliver("studio", settled, "orders/edited", edit)
    assert drain() == []
    assert [message["order_id"] for message in read_messages()] == [order["admin_graphql_api_id"]]


def test_an_expired_token_is_refreshed_for_an_edited_order(
    shopify: ShopifySandbox, settled: str, drain: Drain, listen: Listen
) -> None:
    read_messages = listen("shops-order_edited")
    order = shopify.paid_order(settled, LINES)
    edit = shopify.edit_order(settled, order["id"], quantities={order["line_items"][0]["id"]: 1})
    expired(shopify, settled)
    assert shopify.deliver("studio", settled, "orders/edited", edit).status == 200
    assert drain() == []
    assert [message["order_id"] for message in read_messages()] == [order["admin_graphql_api_id"]]
