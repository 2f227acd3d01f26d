"""Three shops in business, over HTTP: Shopify asks to erase one of them, or one of its customers, and tells more later."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from PIL import Image

from chalicelib.kit import clock
from chalicelib.retention.models import PrivacyRequest, PrivacyStatus
from chalicelib.shops.models import Shop, WebhookDelivery
from chalicelib.studio.models import Generation, Order, Quota, Upload
from infra.sandbox.shopify import ShopifySandbox
from tests.integrations.sample_images import encode_image
from tests.retention.factories import Items, files, items, traces
from tests.retention.service.test_erasure import unmarked, without
from tests.studio.conftest import CUSTOMER, Gallery, gallery

__all__ = ["gallery"]

pytestmark = pytest.mark.usefixtures("nothing_in_progress")

Drain = Callable[[], list[dict[str, Any]]]
OTHER = 8_800_022


@pytest.fixture
def galleries(api: httpx2.Client, shopify: ShopifySandbox, drain: Drain) -> list[Gallery]:
    """Three shops, each with everything that a merchant and two shoppers make."""
    made = [Gallery(api, shopify, drain) for _ in range(3)]
    for each in made:
        _furnish(each)
        for customer in (CUSTOMER, OTHER):
            _buy(each, customer)
        note = {"note": f"{each.shop} {'x' * 300_000}"}
        paid = each.order({"name": "a", "value": "b"}, customer=OTHER)
        assert shopify.deliver("studio", each.shop, "orders/paid", paid | note).ok
    assert drain() == []
    return made


def _furnish(gallery: Gallery) -> None:
    gallery.add_catalogue()
    picture = {"image": base64.b64encode(encode_image(Image.new("RGB", (64, 64), "teal"))).decode()}
    assert gallery.merchant("PUT", f"styles/{gallery.style}/example", picture).status_code == 200
    assert gallery.merchant("PUT", "watermark", picture).status_code == 200
    base = gallery.merchant("POST", "bases", {"name": f"Poster of {gallery.shop}"}).json()["uuid"]
    variant = {"name": "A6", "width_px": 350, "height_px": 250}
    made = gallery.merchant("POST", f"bases/{base}/variants", variant)
    assert made.status_code == 201
    assert gallery.merchant("PUT", f"products/{gallery.product}/bases/{base}", {"is_enabled": True}).status_code == 200
    mapping = {"product_base_variant_id": made.json()["uuid"], "is_active": True}
    mapping |= {"shopify_variant_id": "gid://shopify/ProductVariant/777"}
    assert gallery.merchant("PUT", f"products/{gallery.product}/mappings", mapping).status_code == 200
    token = {"Authorization": f"Bearer {gallery.shopify.session_token('studio', gallery.shop)}"}
    settings = {"settings": {"greeting": gallery.shop}}
    assert (
        gallery.api.put("/v1/shops/me/settings", headers=token | {"If-Match": '"0"'}, json=settings).status_code == 200
    )
    assert gallery.drain() == []


def _buy(gallery: Gallery, customer: int) -> None:
    upload = gallery.accepted_upload(customer)
    begun = gallery.shopper(
        "POST", "generations", gallery.preview_request(upload), customer=customer, key=f"key-{customer}"
    )
    assert begun.status_code == 202, begun.text
    assert gallery.drain() == []
    read = gallery.shopper("GET", f"generations/{begun.json()['id']}", customer=customer).json()
    order = gallery.order(read["line_item_property"], customer=customer)
    assert gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order).ok
    assert gallery.drain() == []


def _marks(gallery: Gallery) -> list[str]:
    """What tells the shop: its domain, and the ids of what it made."""
    found = [each.id for each in Generation.scan() if each.shop_id == gallery.shop]
    found += [each.id for each in Upload.scan() if each.shop_id == gallery.shop]
    return [gallery.shop, gallery.product, gallery.style, *found]


def test_an_erased_shop_leaves_no_trace(
    galleries: list[Gallery], drain: Drain, caplog: pytest.LogCaptureFixture
) -> None:
    gone, shopify = galleries[1], galleries[1].shopify
    marks, before, stored = _marks(gone), items(), files()
    order = gone.order({"name": "a", "value": "b"})
    assert shopify.uninstall("studio", gone.shop).ok
    assert drain() == []
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        assert shopify.deliver("studio", gone.shop, "shop/redact", shopify.privacy("shop/redact", gone.shop)).ok
        caplog.clear()  # who delivers names the shop
        assert drain() == []
        logged = " ".join(str(vars(record)) for record in caplog.records if record.name.startswith("backroom"))
    assert [request.status for request in PrivacyRequest.scan()] == [PrivacyStatus.COMPLETED]
    assert list(traces(*marks)) == []
    assert not [mark for mark in marks if mark in logged]
    _check_others(before, stored, marks)

    after = items()
    for topic, payload in (
        ("orders/paid", order),
        ("customers/redact", shopify.privacy("customers/redact", gone.shop)),
    ):
        assert shopify.deliver("studio", gone.shop, topic, payload).ok
    assert drain() == []
    assert items() == after, "a late message changes nothing"


def test_erasing_a_customer_keeps_the_shop(galleries: list[Gallery], drain: Drain) -> None:
    gallery, shopify = galleries[0], galleries[0].shopify
    gid = f"gid://shopify/Customer/{CUSTOMER}"
    theirs = [each for each in Generation.scan() if (each.shop_id, each.customer_id) == (gallery.shop, gid)]
    marks = [each.id for each in theirs] + [each.input_image_url.rsplit("/", 1)[-1] for each in theirs]
    [order] = {each.order_id for each in theirs if each.order_id}
    marks += [order, order.rsplit("/", 1)[-1]]
    told = [each for each in WebhookDelivery.scan() if each.shop == gallery.shop]
    marks += [each.delivery_id for each in told if (each.payload.get("customer") or {}).get("id") == CUSTOMER]
    assert len(marks) >= 6
    quota = Quota.get(gallery.shop).current_storage_mb
    before, stored = items(), files()
    late = json.loads(json.dumps(gallery.order({"name": "a", "value": "b"})))
    payload = shopify.privacy("customers/redact", gallery.shop, customer_id=CUSTOMER, orders=[])
    assert shopify.deliver("studio", gallery.shop, "customers/redact", payload).ok
    assert drain() == []
    assert list(traces(*marks)) == []
    assert not [each for each in Order.query(gallery.shop) if each.customer_id == gid]
    elsewhere = [each for each in Generation.scan() if each.customer_id == gid]
    assert {each.shop_id for each in elsewhere} == {galleries[1].shop, galleries[2].shop}, "as customers of theirs"
    assert Quota.get(gallery.shop).current_storage_mb < quota
    kept = items()
    ours = f"'{gallery.shop}'"
    for place, item in without(before, *marks).items():
        if not (ours in str(item) and (gid in str(item) or str(CUSTOMER) in str(item))):
            assert kept.get(place) == item, place
    assert unmarked(files(), *marks).keys() <= stored.keys()
    finals = [each for each in Generation.scan() if each.shop_id == gallery.shop and each.final_image_url]
    assert all(each.final_image_url in files() for each in finals)

    after = items()
    assert shopify.deliver("studio", gallery.shop, "orders/paid", late).ok
    assert drain() == []
    assert items() == after, "a late message about them changes nothing"


def test_a_returning_shop_starts_without_old_data(galleries: list[Gallery], drain: Drain) -> None:
    gone, shopify = galleries[2], galleries[2].shopify
    shopify.uninstall("studio", gone.shop)
    assert drain() == []
    shopify.deliver("studio", gone.shop, "shop/redact", shopify.privacy("shop/redact", gone.shop))
    assert drain() == []
    begun = gone.api.get("/shopify/studio/auth", params={"shop": gone.shop})
    back = httpx2.URL(httpx2.get(begun.headers["location"]).headers["location"])
    assert gone.api.get(httpx2.URL(path=back.path, query=back.query)).status_code == 302
    assert drain() == []
    assert Shop.get(gone.shop, "studio").is_active
    gone.add_catalogue()
    assert gone.preview()["status"] == "completed"


def _check_others(before: Items, stored: dict[str, bytes], marks: list[str]) -> None:
    kept = items()
    for place, item in without(before, *marks).items():
        assert kept.get(place) == item, "somebody else's row was touched"
    assert unmarked(files()) == unmarked(stored, *marks)


def test_a_returning_customer_can_use_the_service(gallery: Gallery, shopify: ShopifySandbox, drain: Drain) -> None:
    """Their new order is made; what they ordered before stays unheard."""
    old = gallery.order(gallery.preview()["line_item_property"]) | {"created_at": clock.iso(clock.now())}
    request = shopify.privacy("customers/redact", gallery.shop) | {"customer": {"id": CUSTOMER}}
    assert shopify.deliver("studio", gallery.shop, "customers/redact", request).ok
    assert drain() == []
    assert shopify.deliver("studio", gallery.shop, "orders/paid", old).ok
    assert drain() == []
    assert gallery.finals() == []
    later = clock.iso(clock.now() + timedelta(minutes=1))
    new = gallery.order(gallery.preview()["line_item_property"]) | {"created_at": later}
    assert shopify.deliver("studio", gallery.shop, "orders/paid", new).ok
    assert drain() == []
    assert len(gallery.finals()) == 1
