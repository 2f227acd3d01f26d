"""A shop in business that gets another myshopify domain: its shoppers, orders, exports and erasures."""

from __future__ import annotations

import uuid
from copy import copy
from typing import Any

import pytest

from chalicelib.kit import auth
from chalicelib.kit.auth import Role
from chalicelib.retention.models import PrivacyRequest, PrivacyStatus
from chalicelib.studio.models import Generation, Order
from infra.sandbox.shopify import ShopifySandbox
from tests.retention.factories import traces
from tests.studio.conftest import CUSTOMER, Gallery, gallery

__all__ = ["gallery"]

pytestmark = pytest.mark.usefixtures("nothing_in_progress")


@pytest.fixture
def new() -> str:
    """Return a domain that no other test uses."""
    return f"new-{uuid.uuid4().hex[:10]}.myshopify.com"


def renamed(gallery: Gallery, new: str) -> Gallery:
    """Rename the shop; return the gallery at its new domain. Nothing reports the rename."""
    gallery.shopify.rename_shop(gallery.shop, new)
    at_new = copy(gallery)
    at_new.shop = new
    return at_new


def report(gallery: Gallery) -> None:
    """Report the rename by `shop/update`."""
    payload = gallery.shopify.update_shop(gallery.shop)
    assert gallery.shopify.deliver("studio", gallery.shop, "shop/update", payload).ok
    assert gallery.drain() == []


def buy(gallery: Gallery, preview: dict[str, Any]) -> None:
    order = gallery.order(preview["line_item_property"])
    assert gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order).ok
    assert gallery.drain() == []


def test_a_preview_from_before_the_rename_is_printed(gallery: Gallery, new: str) -> None:
    preview = gallery.preview()
    at_new = renamed(gallery, new)
    report(at_new)
    read = at_new.shopper("GET", f"generations/{preview['id']}")
    assert (read.status_code, read.json()["id"]) == (200, preview["id"])
    buy(at_new, preview)
    [row] = [row for row in Generation.scan() if row.final_image_url]
    assert row.shop_id == gallery.shop
    assert [order.shop_id for order in Order.scan()] == [gallery.shop]


def test_shoppers_at_both_domains_have_the_same_catalogue(gallery: Gallery, new: str) -> None:
    at_new = renamed(gallery, new)
    report(at_new)
    for each in (gallery, at_new):
        assert each.preview()["id"]
    assert {row.shop_id for row in Generation.scan()} == {gallery.shop}
    assert at_new.merchant("GET", "products").json()["items"][0]["uuid"] == gallery.product


@pytest.mark.parametrize("is_reported", [True, False])
def test_shop_redact_of_the_new_domain(gallery: Gallery, new: str, is_reported: bool, shopify: ShopifySandbox) -> None:
    """The signed body has the shop's id, so it is found even if nothing reported the rename before."""
    preview = gallery.preview()
    at_new = renamed(gallery, new)
    early = at_new.order({"name": "a", "value": "b"})
    assert shopify.deliver("studio", new, "orders/paid", early).ok
    if is_reported:
        report(at_new)
        buy(at_new, preview)
    assert gallery.drain() == []
    assert shopify.uninstall("studio", new).ok
    assert gallery.drain() == []
    assert shopify.deliver("studio", new, "shop/redact", shopify.privacy("shop/redact", new)).ok
    assert gallery.drain() == []
    assert {request.status for request in PrivacyRequest.scan()} == {PrivacyStatus.COMPLETED}
    assert list(traces(gallery.shop, new, str(preview["id"]), gallery.product)) == []


def test_customer_redact_of_the_new_domain(gallery: Gallery, new: str, shopify: ShopifySandbox) -> None:
    gallery.preview()
    at_new = renamed(gallery, new)
    payload = shopify.privacy("customers/redact", new, customer_id=CUSTOMER)
    assert shopify.deliver("studio", new, "customers/redact", payload).ok
    assert at_new.drain() == []
    assert [row for row in Generation.scan() if row.customer_id and str(CUSTOMER) in row.customer_id] == []


@pytest.mark.parametrize("kind", ["export", "erase"])
def test_an_operators_request_names_either_domain(gallery: Gallery, new: str, kind: str) -> None:
    at_new = renamed(gallery, new)
    report(at_new)
    headers = {"Authorization": f"Bearer {auth.mint(Role.OPERATOR, 'op')}"}
    response = gallery.api.post(
        "/v1/operator/privacy-requests",
        json={"kind": kind, "subject": f"customer:{new}:gid://shopify/Customer/{CUSTOMER}"},
        headers=headers,
    )
    assert response.status_code == 202, response.text
    assert response.json()["subject"] == f"customer:{gallery.shop}:gid://shopify/Customer/{CUSTOMER}"
