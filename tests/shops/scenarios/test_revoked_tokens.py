"""Webhooks are handled without calling Shopify, whatever the state of the shop's tokens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
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
from tests.shops.service.test_tokens import set_token_lifetime
from tests.shops.service.test_webhook_handlers import row_of

__all__ = ["nothing_in_progress"]

pytestmark = pytest.mark.usefixtures("nothing_in_progress")

Drain = Callable[[], list[dict[str, Any]]]
Listen = Callable[[str], Drain]
Invalidate = Callable[[ShopifySandbox, str], None]

LINES = [{"variant_id": 11, "product_id": 22, "quantity": 2}]


def expire(shopify: ShopifySandbox, shop: str) -> None:
    shopify.expire_access_token("studio", shop)
    set_token_lifetime(shop, timedelta(0))


def revoke(shopify: ShopifySandbox, shop: str) -> None:
    shopify.revoke_tokens("studio", shop)


def expire_and_revoke(shopify: ShopifySandbox, shop: str) -> None:
    """Expire the access token and revoke the refresh token."""
    revoke(shopify, shop)
    set_token_lifetime(shop, timedelta(0))


def encrypt_with_lost_key(shopify: ShopifySandbox, shop: str) -> None:
    replace_tokens(shop, lambda ciphertext: ciphertext.replace("file:k1:", "file:k0:"))


def tamper(shopify: ShopifySandbox, shop: str) -> None:
    replace_tokens(shop, lambda ciphertext: ciphertext[:-8] + ("A" if ciphertext[-8] != "A" else "B") + ciphertext[-7:])


def copy_from_another_shop(shopify: ShopifySandbox, shop: str) -> None:
    replace_tokens(
        shop,
        lambda _: secrets.encrypt(
            "shpat_of_another", tokens.token_encryption_context(f"other-{shop}", "studio", "access_token")
        ),
    )


def delete_tokens(shopify: ShopifySandbox, shop: str) -> None:
    Shop(shop, "studio").update(tokens.token_removal_actions())


def replace_tokens(shop: str, change: Callable[[str], str]) -> None:
    """Change every encrypted token of the shop so that decryption fails."""
    row = Shop.get(shop, "studio")
    row.update([Shop.access_token.set(change(row.access_token)), Shop.refresh_token.set(change(row.refresh_token))])
    for session in Session.by_shop.query(shop):
        session.update([Session.access_token.set(change(session.access_token))])
    with pytest.raises(DecryptionFailed):
        tokens.decrypt_access_token(row)
    with pytest.raises(DecryptionFailed):
        tokens.decrypt_refresh_token(row)


UNREADABLE = [encrypt_with_lost_key, tamper, copy_from_another_shop]
INVALID = [revoke, expire_and_revoke, *UNREADABLE, delete_tokens]


@pytest.fixture
def registered_shop(shopify: ShopifySandbox, installed_shop: str, drain: Drain) -> str:
    """A shop whose installation is complete and whose queues are empty."""
    assert drain() == []
    return installed_shop


def test_a_request_to_shopify_is_recorded(shopify: ShopifySandbox, registered_shop: str) -> None:
    """Prove that the tests below can fail."""
    shopify.requests.clear()
    service.open_admin_api(registered_shop, "studio").graphql("{ shop { name } }")
    assert len(shopify.requests) == 1


@pytest.mark.parametrize("invalidate", [expire, *INVALID])
def test_an_uninstall_needs_no_valid_token(
    shopify: ShopifySandbox, registered_shop: str, drain: Drain, invalidate: Invalidate
) -> None:
    invalidate(shopify, registered_shop)
    shopify.requests.clear()
    delivery = shopify.uninstall("studio", registered_shop)
    assert delivery.status == 200
    assert drain() == []
    assert not shopify.requests
    row = Shop.get(registered_shop, "studio")
    assert not row.is_active
    assert row.uninstalled_at == row_of(delivery).triggered_at
    assert not {"access_token", "refresh_token", "token_expires_at"} & set(row.attribute_values)
    assert list(Session.by_shop.query(registered_shop)) == []
    assert [log.event_type for log in InstallationLog.query(registered_shop)] == [
        EventType.INSTALL,
        EventType.UNINSTALL,
    ]
    assert row_of(delivery).status is DeliveryStatus.PROCESSED


@pytest.mark.parametrize("invalidate", [expire, *INVALID])
@pytest.mark.parametrize(
    ("topic", "kind", "customer"),
    [
        ("customers/data_request", PrivacyKind.EXPORT, 7),
        ("customers/redact", PrivacyKind.ERASE, 7),
        ("customers/redact", PrivacyKind.ERASE, None),
    ],
)
def test_a_customer_privacy_request_needs_no_valid_token(
    shopify: ShopifySandbox,
    registered_shop: str,
    drain: Drain,
    invalidate: Invalidate,
    topic: str,
    kind: PrivacyKind,
    customer: int | None,
) -> None:
    invalidate(shopify, registered_shop)
    before = Shop.get(registered_shop, "studio").attribute_values
    shopify.requests.clear()
    payload = shopify.privacy(topic, registered_shop, customer_id=customer, orders=[41])
    delivery = shopify.deliver("studio", registered_shop, topic, payload)
    assert delivery.status == 200
    assert drain() == []
    assert not shopify.requests
    [request] = PrivacyRequest.scan()
    guest = Subject.guest(registered_shop, ["gid://shopify/Order/41"])
    subject = f"customer:{registered_shop}:gid://shopify/Customer/{customer}" if customer else str(guest)
    assert (request.kind, request.subject) == (kind, pseudonym(subject))
    assert Shop.get(registered_shop, "studio").attribute_values == before


@pytest.mark.parametrize("invalidate", [expire, *INVALID])
def test_a_shop_redact_request_needs_no_valid_token(
    shopify: ShopifySandbox, registered_shop: str, drain: Drain, invalidate: Invalidate
) -> None:
    invalidate(shopify, registered_shop)
    shopify.requests.clear()
    payload = shopify.privacy("shop/redact", registered_shop)
    first_delivery = shopify.deliver("studio", registered_shop, "shop/redact", payload)
    assert first_delivery.status == 200
    assert drain() == []
    assert row_of(first_delivery).error_message == "the app was reinstalled"  # an invalid token is no uninstall
    assert list(PrivacyRequest.scan()) == []

    assert shopify.uninstall("studio", registered_shop).status == 200
    assert drain() == []
    second_delivery = shopify.deliver("studio", registered_shop, "shop/redact", payload)
    assert second_delivery.status == 200
    assert drain() == []
    assert not shopify.requests
    [request] = PrivacyRequest.scan()
    assert (request.kind, request.subject) == (PrivacyKind.ERASE, pseudonym(f"shop:{registered_shop}"))


@pytest.mark.parametrize("invalidate", [expire, *INVALID])
@pytest.mark.parametrize("topic", ["orders/paid", "shop/update", "app/scopes_update", "products/delete"])
def test_other_topics_need_no_valid_token(
    shopify: ShopifySandbox, registered_shop: str, drain: Drain, invalidate: Invalidate, topic: str
) -> None:
    invalidate(shopify, registered_shop)
    payload = {
        "orders/paid": shopify.paid_order(registered_shop, LINES),
        "shop/update": shopify.update_shop(registered_shop, name="Renamed"),
        "app/scopes_update": shopify.update_scopes("studio", registered_shop, ["read_products"]),
        "products/delete": {"id": 22},
    }[topic]
    shopify.requests.clear()
    assert shopify.deliver("studio", registered_shop, topic, payload).status == 200
    assert drain() == []
    assert not shopify.requests


@pytest.mark.parametrize("invalidate", INVALID)
def test_an_order_edit_without_a_valid_token_is_processed_with_an_error(
    api: httpx2.Client,
    shopify: ShopifySandbox,
    registered_shop: str,
    drain: Drain,
    listen: Listen,
    bearer: Callable[..., dict[str, str]],
    invalidate: Invalidate,
) -> None:
    """The order cannot be fetched: the delivery has an error, nothing is retried, the merchant's next request restores it."""
    read_messages = listen("shops-order_edited")
    order = shopify.paid_order(registered_shop, LINES)
    invalidate(shopify, registered_shop)
    for _ in range(2):  # the second runs after the first deleted the tokens
        edit = shopify.edit_order(registered_shop, order["id"], quantities={order["line_items"][0]["id"]: 1})
        delivery = shopify.deliver("studio", registered_shop, "orders/edited", edit)
        assert delivery.status == 200
        assert drain() == []
        row = row_of(delivery)
        assert (row.status, row.error_message) == (
            DeliveryStatus.PROCESSED,
            "the app is not installed, or its tokens are revoked",
        )
    assert Shop.get(registered_shop, "studio").is_active

    assert api.get("/v1/shops/me", headers=bearer(registered_shop)).status_code == 200
    assert InstallationLog.count(registered_shop) == 1  # no uninstall was logged
    token = service.get_access_token(registered_shop, "studio")
    assert admin_api.graphql(registered_shop, token, "{ shop { name } }")["shop"]
    shopify.deliver("studio", registered_shop, "orders/edited", edit)
    assert drain() == []
    assert [message["order_id"] for message in read_messages()] == [order["admin_graphql_api_id"]]


def test_an_order_edit_refreshes_an_expired_token(
    shopify: ShopifySandbox, registered_shop: str, drain: Drain, listen: Listen
) -> None:
    read_messages = listen("shops-order_edited")
    order = shopify.paid_order(registered_shop, LINES)
    edit = shopify.edit_order(registered_shop, order["id"], quantities={order["line_items"][0]["id"]: 1})
    expire(shopify, registered_shop)
    assert shopify.deliver("studio", registered_shop, "orders/edited", edit).status == 200
    assert drain() == []
    assert [message["order_id"] for message in read_messages()] == [order["admin_graphql_api_id"]]
