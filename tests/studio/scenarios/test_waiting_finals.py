"""A final is paid for: it waits for a worker, a busy model, a slow provider or an operator, and ends with its order only."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from chalicelib.integrations.image_models import selection
from chalicelib.integrations.image_models.failures import ModelThrottled
from chalicelib.kit import clock
from chalicelib.studio.domain import image_header, image_validation
from chalicelib.studio.models import Generation, GenerationStatus
from chalicelib.studio.repository import generations
from chalicelib.studio.service import finals, generation_worker, orders, stuck_generations
from tests.shops.conftest import forget_messages
from tests.studio.conftest import PHOTO, Gallery
from tests.studio.order_messages import cancelled_of, paid_of


@pytest.fixture
def final(gallery: Gallery) -> tuple[str, dict[str, Any]]:
    """A final whose message was lost, and its order."""
    order = gallery.order(gallery.preview()["line_item_property"])
    orders.apply_payment(paid_of(gallery.shop, order))
    forget_messages("studio-make_final")
    (row,) = gallery.finals()
    return row["id"], order


def test_a_slow_provider_does_not_lose_it(
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


def test_a_cancellation_while_it_waits_for_its_next_try_ends_it(
    gallery: Gallery, final: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise ModelThrottled("busy")

    with monkeypatch.context() as while_busy:
        while_busy.setattr(selection, "choose_model", lambda _: busy)
        finals.make_final(gallery.shop, final[0])
    orders.apply_cancellation(cancelled_of(gallery.shop, gallery.shopify.cancel_order(gallery.shop, final[1]["id"])))
    finals.make_final(gallery.shop, final[0])
    row = Generation.get(final[0])
    assert (row.status, row.error_message) == (GenerationStatus.FAILED, generation_worker.LINE_CANCELED)


def test_it_is_not_begun_once_its_order_is_cancelled_however_it_came_to_be_asked_for(
    gallery: Gallery, final: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a remake that was asked for in the same moment."""
    with monkeypatch.context() as overtaken:
        overtaken.setattr(orders, "_skip_final", lambda *_: None)
        orders.apply_cancellation(
            cancelled_of(gallery.shop, gallery.shopify.cancel_order(gallery.shop, final[1]["id"]))
        )
    finals.make_final(gallery.shop, final[0])
    assert Generation.get(final[0]).error_message == generation_worker.LINE_CANCELED


def test_a_paid_order_of_which_nothing_is_left_is_not_printed(gallery: Gallery) -> None:
    """Told late, as after downtime: what was taken out by then is said in the message itself."""
    order = gallery.order(gallery.preview()["line_item_property"])
    gone = {**order, "line_items": [{**order["line_items"][0], "current_quantity": 0}]}
    orders.apply_payment(paid_of(gallery.shop, gone))
    assert gallery.drain() == []
    assert gallery.finals() == []


def test_one_row_that_cannot_be_taken_care_of_does_not_stop_the_others(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = gallery.accepted()
    first, second = (gallery.shopper("POST", "generations", gallery.asked(upload)).json()["id"] for _ in range(2))
    forget_messages("studio-generate_preview")
    postpone = generations.requeue_work

    def fail_for_the_first(row: Generation, *until: object) -> None:
        if row.id == first:
            raise RuntimeError("poison")
        postpone(row, *until)  # type: ignore[arg-type]

    monkeypatch.setattr(generations, "requeue_work", fail_for_the_first)
    stuck_generations.recover_generations(clock.now() + timedelta(minutes=12))
    assert gallery.drain() == []
    assert Generation.get(second).status is GenerationStatus.COMPLETED


def test_a_photo_that_was_overwritten_is_judged_before_it_is_used(gallery: Gallery) -> None:
    """The form lets it, and the bucket may tell of it late."""
    form = gallery.accepted()
    large = BytesIO()
    Image.new("RGB", (6000, 5000), "red").save(large, "PNG")
    sent = httpx.post(form["url"], data=form["fields"], files={"file": large.getvalue()})
    assert sent.status_code == 201
    forget_messages("studio-inspect_upload")
    asked = gallery.shopper("POST", "generations", gallery.asked(form)).json()
    assert gallery.drain() == []
    row = Generation.get(asked["id"])
    assert (row.status, row.error_message) == (GenerationStatus.FAILED, generation_worker.PHOTO_UNUSABLE)


def test_what_follows_a_photo_s_end_is_not_counted_as_its_scans() -> None:
    """A phone appends seconds of video to a motion photo; random bytes hold the mark of a scan every 64 KB."""
    data = PHOTO.read_bytes()
    appended = data + bytes(range(256)) * 4 + b"\xff\xda" * 500
    assert image_validation.rejection_reason(image_header.probe(appended)) is None
    assert image_header.probe(appended).scans == image_header.probe(data).scans >= 1
