"""A paid final waits for a worker, a throttled model, a slow provider or an operator, and ends only with its order."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from chalicelib.integrations import storage
from chalicelib.integrations.image_models import selection
from chalicelib.integrations.image_models.failures import ModelThrottled
from chalicelib.kit import clock
from chalicelib.studio.domain import image_header, image_validation
from chalicelib.studio.models import Generation, GenerationStatus
from chalicelib.studio.repository import generations
from chalicelib.studio.service import finals, generation_worker, orders, stuck_generations
from tests.shops.conftest import forget_messages
from tests.studio.conftest import PHOTO, Gallery
from tests.studio.order_factories import order_cancelled, order_paid


@pytest.fixture
def final(gallery: Gallery) -> tuple[str, dict[str, Any]]:
    """A final whose message was lost, and its order."""
    order = gallery.order(gallery.preview()["line_item_property"])
    orders.apply_payment(order_paid(gallery.shop, order))
    forget_messages("studio-make_final")
    (row,) = gallery.finals()
    return row["id"], order


def test_a_slow_provider_does_not_lose_a_final(
    gallery: Gallery, final: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    for _ in range(6):
        row = generations.find(gallery.shop, final[0])
        assert row is not None
        assert generations.start_attempt(row, moment + generation_worker.WORKER_LEASE, "s3://b/k")
        generations.await_callback(row, "job-1", moment + timedelta(minutes=8))
        moment += timedelta(minutes=9)
        stuck_generations.recover_generations(moment)
    assert Generation.get(final[0]).status is GenerationStatus.PENDING


def test_a_cancellation_skips_a_final_that_waits_for_its_retry(
    gallery: Gallery, final: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def raise_throttled(*_: object) -> None:
        raise ModelThrottled("busy")

    gallery.forget_pictures()
    with monkeypatch.context() as while_busy:
        while_busy.setattr(selection, "choose_model", lambda _: raise_throttled)
        finals.make_final(gallery.shop, final[0])
    orders.apply_cancellation(order_cancelled(gallery.shop, gallery.shopify.cancel_order(gallery.shop, final[1]["id"])))
    finals.make_final(gallery.shop, final[0])
    row = Generation.get(final[0])
    assert (row.status, row.error_message) == (GenerationStatus.FAILED, generation_worker.LINE_CANCELED)


def test_a_final_of_a_canceled_order_is_never_started(
    gallery: Gallery, final: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For example a concurrent remake request."""
    with monkeypatch.context() as patch:
        patch.setattr(orders, "_skip_final", lambda *_: None)
        orders.apply_cancellation(
            order_cancelled(gallery.shop, gallery.shopify.cancel_order(gallery.shop, final[1]["id"]))
        )
    finals.make_final(gallery.shop, final[0])
    assert Generation.get(final[0]).error_message == generation_worker.LINE_CANCELED


def test_a_paid_order_without_remaining_lines_gets_no_final(gallery: Gallery) -> None:
    """Delivered late, as after downtime: the message has the current quantities."""
    order = gallery.order(gallery.preview()["line_item_property"])
    cancelled_order = {**order, "line_items": [{**order["line_items"][0], "current_quantity": 0}]}
    orders.apply_payment(order_paid(gallery.shop, cancelled_order))
    assert gallery.drain() == []
    assert gallery.finals() == []


def test_a_failing_row_does_not_stop_the_recovery_of_others(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = gallery.accepted_upload()
    first, second = (
        gallery.shopper("POST", "generations", gallery.preview_request(upload)).json()["id"] for _ in range(2)
    )
    forget_messages("studio-generate_preview")
    postpone = generations.requeue_work

    def fail_first(row: Generation, *until: object) -> None:
        if row.id == first:
            raise RuntimeError("poison")
        postpone(row, *until)  # type: ignore[arg-type]

    monkeypatch.setattr(generations, "requeue_work", fail_first)
    stuck_generations.recover_generations(clock.now() + timedelta(minutes=12))
    assert gallery.drain() == []
    assert Generation.get(second).status is GenerationStatus.COMPLETED


def test_a_stored_photo_is_validated_before_use(gallery: Gallery) -> None:
    """The rules may have changed since the photo was accepted."""
    form = gallery.accepted_upload()
    large = BytesIO()
    Image.new("RGB", (6000, 5000), "red").save(large, "PNG")
    body = gallery.shopper("POST", "generations", gallery.preview_request(form)).json()
    storage.put(Generation.get(body["id"]).input_image_url, large.getvalue(), "image/png")
    assert gallery.drain() == []
    row = Generation.get(body["id"])
    assert (row.status, row.error_message) == (GenerationStatus.FAILED, generation_worker.PHOTO_UNUSABLE)


def test_data_after_the_end_of_a_photo_does_not_count_as_scans() -> None:
    """A motion photo has appended video; random bytes contain a scan marker every 64 KB."""
    data = PHOTO.read_bytes()
    photo_with_trailer = data + bytes(range(256)) * 4 + b"\xff\xda" * 500
    assert image_validation.rejection_reason(image_header.probe(photo_with_trailer)) is None
    assert image_header.probe(photo_with_trailer).scans == image_header.probe(data).scans >= 1
