"""Shopify's privacy topics, from the webhook to the record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.kit import tombstones
from chalicelib.kit.data_subjects import Subject, SubjectType, pseudonym
from chalicelib.retention.models import PrivacyKind, PrivacyRequest, PrivacyStatus
from chalicelib.shops.models import DeliveryStatus, Shop, WebhookDelivery
from infra.sandbox.shopify import ShopifySandbox
from infra.sandbox.shopify.apps import new_shop
from tests.shops.conftest import install

pytestmark = pytest.mark.usefixtures("nothing_in_progress")

Drain = Callable[[], list[dict[str, Any]]]

SHOP = "privacy-test.myshopify.com"
ASKED = datetime(2026, 11, 3, 12, tzinfo=UTC)
CUSTOMER = {"id": 191167, "email": "john@example.com", "phone": "555-625-1199"}
DATA_REQUEST = {
    "shop_id": 954889,
    "shop_domain": SHOP,
    "orders_requested": [299938, 280263],
    "customer": CUSTOMER,
    "data_request": {"id": 9999},
}
CUSTOMER_REDACT = {"shop_id": 954889, "shop_domain": SHOP, "customer": CUSTOMER, "orders_to_redact": [299938]}
SHOP_REDACT = {"shop_id": 954889, "shop_domain": SHOP}
OWN_REDACT = {"shop_id": new_shop(SHOP)["id"], "shop_domain": SHOP}
"""The same with the id that the sandbox gives the shop at its installation."""
"""The example payloads of shopify.dev/docs/apps/build/compliance/privacy-law-compliance."""
KNOWN = Subject(SubjectType.CUSTOMER, "gid://shopify/Customer/191167", SHOP)
GUEST = Subject.guest(SHOP, ["gid://shopify/Order/299938"])


@pytest.mark.parametrize(
    ("topic", "payload", "kind", "subject", "orders"),
    [
        ("customers/data_request", DATA_REQUEST, PrivacyKind.EXPORT, KNOWN, [299938, 280263]),
        ("customers/redact", CUSTOMER_REDACT, PrivacyKind.ERASE, KNOWN, [299938]),
        ("customers/redact", CUSTOMER_REDACT | {"customer": {"id": None}}, PrivacyKind.ERASE, GUEST, [299938]),
        ("shop/redact", SHOP_REDACT, PrivacyKind.ERASE, Subject(SubjectType.SHOP, SHOP, SHOP), []),
    ],
)
def test_a_request_is_stored_once_with_its_due_date_and_processed(
    shopify: ShopifySandbox,
    drain: Drain,
    topic: str,
    payload: dict[str, Any],
    kind: PrivacyKind,
    subject: Subject,
    orders: list[int],
) -> None:
    delivery = shopify.deliver("studio", SHOP, topic, payload, triggered_at=ASKED)
    assert delivery.status == 200
    shopify.redeliver(delivery)
    assert drain() == []
    [row] = PrivacyRequest.scan()
    assert (row.kind, row.status, row.due_at) == (kind, PrivacyStatus.COMPLETED, ASKED + timedelta(days=30))
    assert row.subject == pseudonym(str(subject))
    assert row.progress is None
    assert tombstones.is_erased("nobody", *(f"order:{SHOP}:gid://shopify/Order/{number}" for number in orders)) == (
        kind is PrivacyKind.ERASE and bool(orders)
    )
    assert "john@example.com" not in str(row.attribute_values)


def test_a_reinstalled_shop_is_not_erased(api: httpx2.Client, shopify: ShopifySandbox, drain: Drain) -> None:
    install(api, "studio", SHOP)
    shopify.uninstall("studio", SHOP)
    assert drain() == []
    install(api, "studio", SHOP)
    delivery = shopify.deliver("studio", SHOP, "shop/redact", OWN_REDACT)
    assert drain() == []
    assert list(PrivacyRequest.scan()) == []
    row = WebhookDelivery.get(delivery.webhook.headers["X-Shopify-Webhook-Id"])
    assert (row.status, row.error_message) == (DeliveryStatus.PROCESSED, "the app was reinstalled")


def test_an_uninstalled_shop_is_erased(api: httpx2.Client, shopify: ShopifySandbox, drain: Drain) -> None:
    install(api, "studio", SHOP)
    shopify.uninstall("studio", SHOP)
    assert drain() == []
    shopify.deliver("studio", SHOP, "shop/redact", OWN_REDACT)
    assert drain() == []
    [row] = PrivacyRequest.scan()
    assert row.subject == pseudonym(f"shop:{SHOP}")
    assert list(Shop.query(SHOP)) == []


@pytest.mark.parametrize(("token_is_dead", "erased"), [(True, 1), (False, 0)])
def test_a_shop_without_an_uninstall_webhook_is_erased(
    api: httpx2.Client, shopify: ShopifySandbox, drain: Drain, token_is_dead: bool, erased: int
) -> None:
    """Its row is active, but there is no evidence of it since the removal, and Shopify refuses its token."""
    install(api, "studio", SHOP)
    assert drain() == []
    now = datetime.now(UTC)
    row = Shop.get(SHOP, "studio")
    row.update([Shop.installed_at.set(now - timedelta(days=9))])
    if token_is_dead:
        shopify.revoke_tokens("studio", SHOP)
    shopify.deliver("studio", SHOP, "shop/redact", OWN_REDACT)
    assert drain() == []
    assert len(list(PrivacyRequest.scan())) == erased
