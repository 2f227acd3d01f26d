"""Erasure of what reading left behind: exports, cached dashboards, groups of stores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.discounts.enums import CustomerSegment
from chalicelib.discounts.models import FigureExport, StoreGroupMember
from chalicelib.discounts.service.figure_exports import FOLDER
from chalicelib.kit import aws, clock, config
from chalicelib.kit.models import CachedValue
from chalicelib.retention.service import privacy_requests
from chalicelib.shops.schemas.messages import PrivacyRequested, PrivacyTopic
from tests.discounts.conftest import NewShop
from tests.discounts.figure_factories import customer, product, save_all
from tests.discounts.merchants import DiscountShop
from tests.retention.conftest import nothing_in_progress

__all__ = ["nothing_in_progress"]

pytestmark = pytest.mark.usefixtures("nothing_in_progress")

Drain = Callable[[], list[Any]]


def files() -> dict[str, bytes]:
    """Return the files of exports, by key."""
    bucket, client = config.settings().images_bucket, aws.client("s3")
    found = client.list_objects_v2(Bucket=bucket, Prefix=f"{FOLDER}/").get("Contents", [])
    return {each["Key"]: client.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in found}


def erase(shop: str, drain: Drain, topic: PrivacyTopic, **about: Any) -> None:
    request = PrivacyRequested(shop=shop, app="discounts", request=topic, triggered_at=clock.now(), **about)
    privacy_requests.accept_request(request)
    assert drain() == []


@pytest.fixture
def exported_shop(discount_shop: DiscountShop) -> DiscountShop:
    """A shop with an export of two customers and one of products."""
    save_all([customer(discount_shop.shop, number, CustomerSegment.NEW) for number in (71, 72)])
    save_all([product(discount_shop.shop, "A")])
    for kind in ("customers", "products"):
        assert discount_shop.merchant("POST", "exports", {"kind": kind}).status_code == 202
    assert discount_shop.drain() == []
    assert len(files()) == 2
    return discount_shop


def test_an_erased_customer_is_in_no_export(exported_shop: DiscountShop, drain: Drain) -> None:
    erase(exported_shop.shop, drain, PrivacyTopic.CUSTOMER_REDACT, customer_id="gid://shopify/Customer/71")
    [(key, content)] = files().items()
    assert key.startswith(f"{FOLDER}/{exported_shop.shop}/products/")
    assert b"Customer/71" not in content
    statuses = {
        row.kind: exported_shop.merchant("GET", f"exports/{row.export_id}").json()["status"]
        for row in FigureExport.query(exported_shop.shop)
    }
    assert statuses == {"customers": "failed", "products": "completed"}


def test_an_erased_shop_leaves_neither_exports_nor_figures(
    exported_shop: DiscountShop, new_discount_shop: NewShop, drain: Drain
) -> None:
    other = new_discount_shop()
    code = other.merchant("POST", "stores", {"action": "invite"}).json()["invitation"]["code"]
    assert exported_shop.merchant("POST", "stores", {"action": "join", "code": code}).status_code == 200
    for shop in (exported_shop, other):
        assert shop.merchant("GET", "dashboard").status_code == 200
    exported_shop.shopify.uninstall("discounts", exported_shop.shop)
    assert drain() == []
    erase(exported_shop.shop, drain, PrivacyTopic.SHOP_REDACT)
    assert files() == {}
    assert {row.key for row in CachedValue.scan()} == {f"shop:{other.shop}:discounts"}
    assert [row.shop for row in StoreGroupMember.scan()] == [other.shop]
