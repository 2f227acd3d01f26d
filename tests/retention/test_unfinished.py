"""What is under way while its subject is erased leaves nothing behind: a photo on its way, a picture being made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from chalicelib.kit import aws
from chalicelib.retention.models import PrivacyKind, PrivacyStatus
from chalicelib.retention.service import erasing, operating
from tests.retention.seeding import files, items
from tests.retention.test_erasing import OPERATOR, erase
from tests.studio.conftest import CUSTOMER, PHOTO, VARIANT, Gallery, gallery

__all__ = ["gallery"]

Drain = Callable[[], list[dict[str, Any]]]


def subject_of(gallery: Gallery, who: str) -> str:
    customer = f"customer:{gallery.shop}:gid://shopify/Customer/{CUSTOMER}"
    return customer if who == "customer" else f"shop:{gallery.shop}"


def below(folder: str) -> list[str]:
    return [url for url in files() if f"/{folder}/" in url]


@pytest.mark.parametrize("who", ["customer", "shop"])
def test_a_photo_that_is_sent_later_is_removed(gallery: Gallery, drain: Drain, who: str) -> None:
    form = gallery.shopper("POST", "uploads", {"content_type": "image/jpeg"}).json()
    erase(subject_of(gallery, who), drain)
    quotas = [place for place in items() if place[0].endswith("studio-quotas")]
    sent = httpx.post(form["url"], data=form["fields"], files={"file": PHOTO.read_bytes()}, timeout=30)
    assert sent.status_code == 201
    assert len(below("uploads")) == 1
    assert drain() == []
    assert below("uploads") == []
    assert [place for place in items() if place[0].endswith("studio-quotas")] == quotas


@pytest.mark.parametrize("who", ["customer", "shop"])
@pytest.mark.parametrize("folder", ["previews", "finals"])
def test_a_picture_that_is_made_meanwhile_is_removed(gallery: Gallery, drain: Drain, who: str, folder: str) -> None:
    if folder == "previews":
        assert gallery.shopper("POST", "generations", gallery.asked(gallery.accepted())).status_code == 202
    else:
        order = gallery.order(gallery.preview()["line_item_property"], variant=VARIANT)
        assert gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order).ok
    erased: list[str] = []

    def interfere(params: dict[str, Any], **_: Any) -> None:
        """Erase to the end just before the picture is put."""
        if f"/{folder}/" in params.get("url_path", "") and not erased:
            erased.append(operating.begin(OPERATOR, PrivacyKind.ERASE, subject_of(gallery, who)).id)
            erasing.work(erased[0])
            assert operating.read_request(erased[0]).status is PrivacyStatus.COMPLETED

    events, name = aws.client("s3").meta.events, "before-call.s3.PutObject"
    events.register(name, interfere)
    try:
        assert drain() == []
    finally:
        events.unregister(name, interfere)
    assert erased
    assert below(folder) == []
