"""Requests in progress while their subject is erased leave no data: an upload, a generation, a webhook."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.kit import aws, clock
from chalicelib.retention.domain import erasure_plan
from chalicelib.retention.models import PrivacyKind, PrivacyStatus
from chalicelib.retention.service import erasure, privacy_requests
from tests.retention.factories import files, items, traces
from tests.retention.service.test_erasure import OPERATOR, erase
from tests.studio.conftest import CUSTOMER, PHOTO, VARIANT, Gallery, gallery

__all__ = ["gallery"]

Drain = Callable[[], list[dict[str, Any]]]

WRITES = ("PutItem", "TransactWriteItems")


def subject_of(gallery: Gallery, who: str) -> str:
    customer = f"customer:{gallery.shop}:gid://shopify/Customer/{CUSTOMER}"
    return customer if who == "customer" else f"shop:{gallery.shop}"


def below(folder: str) -> list[str]:
    return [url for url in files() if f"/{folder}/" in url]


@pytest.mark.usefixtures("nothing_in_progress")
@pytest.mark.parametrize("who", ["customer", "shop"])
def test_a_photo_uploaded_during_the_erasure_is_deleted(gallery: Gallery, drain: Drain, who: str) -> None:
    form = gallery.shopper("POST", "uploads", {"content_type": "image/jpeg"}).json()
    erase(subject_of(gallery, who), drain)
    quotas = [place for place in items() if place[0].endswith("studio-quotas")]
    sent = httpx2.post(form["url"], data=form["fields"], files={"file": PHOTO.read_bytes()})
    assert sent.status_code == 201
    assert len(below("uploads")) == 1
    assert drain() == []
    assert below("uploads") == []
    assert [place for place in items() if place[0].endswith("studio-quotas")] == quotas


@pytest.mark.usefixtures("nothing_in_progress")
@pytest.mark.parametrize("who", ["customer", "shop"])
@pytest.mark.parametrize("folder", ["previews", "finals"])
def test_a_picture_generated_during_the_erasure_is_deleted(
    gallery: Gallery, drain: Drain, who: str, folder: str
) -> None:
    if folder == "previews":
        assert (
            gallery.shopper("POST", "generations", gallery.preview_request(gallery.accepted_upload())).status_code
            == 202
        )
    else:
        order = gallery.order(gallery.preview()["line_item_property"], variant=VARIANT)
        assert gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order).ok
    erased: list[str] = []

    def interfere(params: dict[str, Any], **_: Any) -> None:
        """Erase to the end just before the picture is put."""
        if f"/{folder}/" in params.get("url_path", "") and not erased:
            erased.append(privacy_requests.begin_request(OPERATOR, PrivacyKind.ERASE, subject_of(gallery, who)).id)
            erasure.erase_subject(erased[0])
            assert privacy_requests.read_request(erased[0]).status is PrivacyStatus.COMPLETED

    events, name = aws.client("s3").meta.events, "before-call.s3.PutObject"
    events.register(name, interfere)
    try:
        assert drain() == []
    finally:
        events.unregister(name, interfere)
    assert erased
    assert below(folder) == []


@pytest.mark.parametrize(("table", "waits"), [("webhook_deliveries", 1), ("orders", 2)])
def test_the_erasure_waits_for_workers_from_before_the_tombstones(
    gallery: Gallery, drain: Drain, monkeypatch: pytest.MonkeyPatch, table: str, waits: int
) -> None:
    """The last round finds what a worker writes about an order while its customer is erased.

    The order is a new identifier of the customer, so the erasure also waits for workers on the order.
    """
    order = gallery.order(gallery.preview()["line_item_property"], variant=VARIANT)
    begun: list[str] = []

    def interfere(params: dict[str, Any], **_: Any) -> None:
        """Erase until the erasure is postponed, just before the row is written."""
        if f"-{table}".encode() in params["body"] and not begun:
            begun.append(
                privacy_requests.begin_request(OPERATOR, PrivacyKind.ERASE, subject_of(gallery, "customer")).id
            )
            erasure.erase_subject(begun[0])

    events, names = aws.client("dynamodb").meta.events, [f"before-call.dynamodb.{name}" for name in WRITES]
    for name in names:
        events.register(name, interfere)
    try:
        assert gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order).ok
        assert drain() == []
    finally:
        for name in names:
            events.unregister(name, interfere)
    assert list(traces(str(CUSTOMER))), "it was written late"
    now = clock.now

    def later(minutes: int) -> PrivacyStatus:
        """Resume the erasure this many minutes later."""
        with monkeypatch.context() as patch:
            patch.setattr(clock, "now", lambda: now() + timedelta(minutes=minutes))
            erasure.erase_subject(begun[0])
        return privacy_requests.read_request(begun[0]).status

    found = [later(minutes) for minutes in (15, 17, 34)]
    assert found == [PrivacyStatus.RUNNING] * waits + [PrivacyStatus.COMPLETED] * (3 - waits)
    assert list(traces(str(CUSTOMER))) == []


def test_a_last_round_always_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    request = privacy_requests.begin_request(OPERATOR, PrivacyKind.ERASE, "member:nobody").id
    erasure.erase_subject(request)
    waiting = privacy_requests.read_request(request)
    assert (waiting.status, waiting.step) == (PrivacyStatus.RUNNING, erasure_plan.START_ROUND)
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + erasure.MAX_WORKER_TIME)
    erasure.erase_subject(request)
    assert privacy_requests.read_request(request).report == {"erased": {}, "rounds": 2, "came_back": []}
