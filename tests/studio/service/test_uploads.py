"""Uploads of a shopper: accepted photos, and the handling of rejected ones."""

from __future__ import annotations

import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from PIL import Image

from chalicelib.integrations import storage
from chalicelib.kit import aws, clock, config
from chalicelib.studio.domain import image_validation
from chalicelib.studio.domain.image_validation import RejectReason
from chalicelib.studio.models import Quota, Upload, UploadStatus
from chalicelib.studio.repository import quotas
from chalicelib.studio.repository import uploads as repository
from chalicelib.studio.repository.uploads import Inspection
from chalicelib.studio.schemas.messages import UploadChanged
from chalicelib.studio.service import uploads
from infra.deploy import handlers
from infra.local import delivery
from tests.integrations.sample_images import encode_image
from tests.studio.conftest import PHOTO, Gallery
from tests.timeouts import eventually


def _object(gallery: Gallery, upload: str) -> int | None:
    """Return the bytes of the upload's objects, the posted and the accepted one; None if there is neither."""
    row, bucket = Upload.get(upload), config.settings().images_bucket
    keys = [row.object_key] + ([row.accepted_key] if row.accepted_key else [])
    return sum(size for key in keys if (size := storage.size(storage.address(bucket, key)))) or None


def _decompression_bomb() -> bytes:
    """Return a PNG header of 100,000 x 100,000 pixels."""
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + bytes(64)


def test_a_real_photo_is_accepted_and_its_bytes_are_counted(gallery: Gallery) -> None:
    upload = gallery.accepted_upload()
    body = gallery.shopper("GET", f"uploads/{upload['id']}").json()
    assert (body["status"], body["width"], body["height"]) == ("accepted", 512, 600)
    assert gallery.quota()["current_storage_mb"] == format(PHOTO.stat().st_size / 1_000_000, "f").rstrip("0")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.7\n" + bytes(1000), RejectReason.UNSUPPORTED_FORMAT),
        (PHOTO.read_bytes()[:30_000], RejectReason.UNREADABLE),
        (_decompression_bomb(), RejectReason.TOO_MANY_PIXELS),
    ],
    ids=["a PDF", "a truncated JPEG", "a decompression bomb"],
)
def test_an_invalid_photo_is_rejected_with_its_reason_and_deleted(
    gallery: Gallery, data: bytes, reason: RejectReason
) -> None:
    upload = gallery.upload_photo(data)
    assert gallery.drain() == []
    body = gallery.shopper("GET", f"uploads/{upload['id']}").json()
    assert (body["status"], body["reject_reason"]) == ("rejected", image_validation.DETAIL[reason])
    assert _object(gallery, upload["id"]) is None
    assert gallery.quota()["current_storage_mb"] == "0"
    preview_body = gallery.shopper("POST", "generations", gallery.preview_request(upload))
    assert (preview_body.status_code, preview_body.json()["code"]) == (422, "InvalidUpload")
    assert preview_body.json()["detail"] == body["reject_reason"]


def test_the_form_accepts_at_most_25_mb_and_no_other_key(gallery: Gallery) -> None:
    form = gallery.shopper("POST", "uploads", {}).json()
    large = httpx2.post(form["url"], data=form["fields"], files={"file": bytes(25_000_001)})
    assert large.status_code == 400
    elsewhere = form["fields"] | {"key": "finals/elsewhere"}
    assert httpx2.post(form["url"], data=elsewhere, files={"file": b"x"}).status_code in (400, 403)


def test_an_expired_form_is_refused(gallery: Gallery) -> None:
    form = storage.presigned_post(
        storage.address(config.settings().images_bucket, f"uploads/{gallery.shop}/late"),
        content_type="image/jpeg",
        max_bytes=1000,
        seconds=-1,
    )
    late_response = httpx2.post(form.url, data=form.fields, files={"file": b"x"})
    assert late_response.status_code == 403


def test_an_expired_link_is_refused(gallery: Gallery) -> None:
    url = storage.address(config.settings().images_bucket, "previews/x")
    storage.put(url, b"x", "image/jpeg")
    assert httpx2.get(storage.presigned_get(url, seconds=60)).status_code == 200
    brief = storage.presigned_get(url, seconds=1)
    eventually(lambda: httpx2.get(brief).status_code == 403, "the link expires")


def test_a_photo_not_yet_uploaded_cannot_be_used(gallery: Gallery) -> None:
    form = gallery.shopper("POST", "uploads", {}).json()
    body = gallery.shopper("POST", "generations", gallery.preview_request(form))
    assert (body.status_code, body.json()["code"]) == (409, "UploadNotReady")


def test_an_upload_belongs_to_its_customer_or_to_the_holder_of_its_token(gallery: Gallery) -> None:
    upload = gallery.upload_photo(PHOTO.read_bytes())
    assert upload["token"] is None
    assert gallery.shopper("GET", f"uploads/{upload['id']}", customer=1).status_code == 404
    assert gallery.shopper("GET", f"uploads/{upload['id']}", customer=None).status_code == 404
    guest = gallery.upload_photo(PHOTO.read_bytes(), customer=None)
    other = gallery.upload_photo(PHOTO.read_bytes(), customer=None)
    path = f"uploads/{guest['id']}"
    assert gallery.shopper("GET", path, customer=None, token=guest["token"]).status_code == 200
    for token in ({}, {"token": other["token"]}, {"token": guest["token"][::-1]}):
        response = gallery.shopper("GET", path, customer=None, **token)
        assert (response.status_code, response.json()["code"]) == (403, "InvalidUploadToken")


def test_only_the_accepted_bytes_are_kept(gallery: Gallery) -> None:
    """They are stored under another key than the form's; the posted object is deleted."""
    row = Upload.get(gallery.accepted_upload()["id"])
    bucket = config.settings().images_bucket
    assert storage.get(storage.address(bucket, str(row.accepted_key))) == PHOTO.read_bytes()
    assert storage.size(storage.address(bucket, row.object_key)) is None
    assert row.byte_count == PHOTO.stat().st_size


def test_an_event_after_the_inspection_is_ignored(gallery: Gallery) -> None:
    upload = gallery.accepted_upload()
    row = Upload.get(upload["id"])
    for sequencer in ("0", row.sequencer, "f" * 16):
        uploads.inspect_upload(_event(row, "ObjectRemoved:Delete", sequencer))
    assert gallery.shopper("GET", f"uploads/{upload['id']}").json()["status"] == "accepted"
    assert float(gallery.quota()["current_storage_mb"]) > 0


def test_an_object_without_an_upload_is_ignored(gallery: Gallery) -> None:
    url = storage.address(config.settings().images_bucket, f"uploads/{gallery.shop}/stranger")
    storage.put(url, b"x", "image/jpeg")
    assert gallery.drain() == []
    assert gallery.quota()["current_storage_mb"] == "0"


def test_one_key_creates_one_upload(gallery: Gallery) -> None:
    first = gallery.shopper("POST", "uploads", {}, key="k")
    assert gallery.shopper("POST", "uploads", {}, key="k").json() == first.json()
    assert gallery.shopper("POST", "uploads", {"content_type": "image/png"}, key="k").status_code == 409


def test_the_storage_limit_bounds_the_size_of_a_photo(gallery: Gallery) -> None:
    photo = PHOTO.read_bytes()
    gallery.accepted_upload()
    Quota(gallery.shop).update([Quota.storage_quota_mb.set(0)])
    full = gallery.shopper("POST", "uploads", {})
    assert (full.status_code, full.json()["code"]) == (429, "StorageExceeded")
    fits = Decimal(2 * len(photo) - 1) / 1_000_000
    Quota(gallery.shop).update([Quota.storage_quota_mb.set(1), Quota.current_storage_mb.set(1 - fits + Decimal("0.1"))])
    form = gallery.shopper("POST", "uploads", {}).json()
    assert httpx2.post(form["url"], data=form["fields"], files={"file": photo * 2}).status_code == 400


def test_concurrent_uploads_do_not_exceed_the_storage_limit(gallery: Gallery) -> None:
    """Each form was created while its photo would fit."""
    photo = encode_image(Image.effect_noise((700, 700), 90), "PNG")
    assert len(photo) * 2 <= 1_000_000 < len(photo) * 3
    Quota(gallery.shop).delete()
    quotas.set_limits(gallery.shop, {"storage_quota_mb": 1})
    forms = [gallery.shopper("POST", "uploads", {"content_type": "image/png"}).json() for _ in range(6)]
    for form in forms:
        assert httpx2.post(form["url"], data=form["fields"], files={"file": photo}).status_code == 201
    rows = [Upload.get(form["id"]) for form in forms]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda row: uploads.inspect_upload(_event(row, "ObjectCreated:Post", "0")), rows))
    assert gallery.drain() == []
    after = [Upload.get(form["id"]) for form in forms]
    assert sorted(row.status for row in after) == [UploadStatus.ACCEPTED] * 2 + [UploadStatus.REJECTED] * 4
    assert {row.reject_reason for row in after} == {None, image_validation.DETAIL[RejectReason.STORAGE_FULL]}
    kept = [_object(gallery, row.id) for row in after]
    assert sum(size or 0 for size in kept) == Decimal(gallery.quota()["current_storage_mb"]) * 1_000_000 <= 1_000_000


def test_a_photo_posted_after_acceptance_changes_nothing(gallery: Gallery) -> None:
    upload = gallery.accepted_upload()
    before = Upload.get(upload["id"]).serialize()
    smaller = encode_image(Image.new("RGB", (64, 64), "red"), "JPEG")
    for data in (PHOTO.read_bytes(), smaller, b"%PDF-1.7"):
        assert httpx2.post(upload["url"], data=upload["fields"], files={"file": data}).status_code == 201
    assert gallery.drain() == []
    assert Upload.get(upload["id"]).serialize() == before
    assert _object(gallery, upload["id"]) == PHOTO.stat().st_size
    assert Decimal(gallery.quota()["current_storage_mb"]) * 1_000_000 == PHOTO.stat().st_size


def test_a_rejected_photo_can_be_replaced(gallery: Gallery) -> None:
    upload = gallery.upload_photo(b"%PDF-1.7")
    assert gallery.drain() == []
    assert httpx2.post(upload["url"], data=upload["fields"], files={"file": PHOTO.read_bytes()}).status_code == 201
    assert gallery.drain() == []
    assert gallery.shopper("GET", f"uploads/{upload['id']}").json()["status"] == "accepted"


def test_every_photo_that_is_posted_after_a_refusal_is_inspected_and_freed(gallery: Gallery) -> None:
    upload = gallery.upload_photo(b"%PDF-1.7")
    assert gallery.drain() == []
    for data, used in ((PHOTO.read_bytes()[:30_000], 0), (PHOTO.read_bytes(), PHOTO.stat().st_size)):
        assert httpx2.post(upload["url"], data=upload["fields"], files={"file": data}).status_code == 201
        assert gallery.drain() == []
        assert _object(gallery, upload["id"]) == (used or None)
        assert Decimal(gallery.quota()["current_storage_mb"]) * 1_000_000 == used
    uploads.remove_unused_uploads(clock.now() + uploads.SWEEP_AGE + timedelta(minutes=1))
    assert gallery.drain() == []
    assert _object(gallery, upload["id"]) is None
    assert Decimal(gallery.quota()["current_storage_mb"]) == 0


def test_concurrent_events_of_one_photo_accept_it_once(gallery: Gallery) -> None:
    """Some events are repeated. The accepted photo has the bytes and size in the row."""
    row = Upload.get(gallery.shopper("POST", "uploads", {}).json()["id"])
    url = storage.address(config.settings().images_bucket, row.object_key)
    storage.put(url, encode_image(Image.new("RGB", (64, 64), "red"), "JPEG"), "image/jpeg")
    sequencers = ["01", "01", "02", "02", "03"]
    with ThreadPoolExecutor(5) as pool:
        list(
            pool.map(lambda sequencer: uploads.inspect_upload(_event(row, "ObjectCreated:Post", sequencer)), sequencers)
        )
    assert gallery.drain() == []
    after = Upload.get(row.id)
    assert (after.status, after.width) == (UploadStatus.ACCEPTED, 64)
    assert Decimal(gallery.quota()["current_storage_mb"]) * 1_000_000 == after.byte_count == _object(gallery, row.id)
    bucket = config.settings().images_bucket
    kept = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"photos/{gallery.shop}/")["Contents"]
    assert [each["Key"] for each in kept] == [after.accepted_key]


def test_an_acceptance_that_comes_too_late_leaves_no_copy(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    row = Upload.get(gallery.shopper("POST", "uploads", {}).json()["id"])
    url = storage.address(config.settings().images_bucket, row.object_key)
    storage.put(url, PHOTO.read_bytes(), "image/jpeg")
    write, rejected = repository.write_inspection, Inspection(UploadStatus.REJECTED, reject_reason="no photo")

    def come_late(row: Upload, sequencer: str, inspection: Inspection) -> None:
        monkeypatch.undo()
        write(Upload.get(row.id), "02", rejected)
        write(row, sequencer, inspection)

    monkeypatch.setattr(repository, "write_inspection", come_late)
    uploads.inspect_upload(_event(row, "ObjectCreated:Post", "01"))
    assert Upload.get(row.id).status is UploadStatus.REJECTED
    bucket = config.settings().images_bucket
    kept = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"photos/{gallery.shop}/")
    assert not [each["Key"] for each in kept.get("Contents", []) if row.id in each["Key"]]


def test_a_photo_that_the_version_before_accepted_must_be_sent_again(gallery: Gallery) -> None:
    """Its size in the row is not upright."""
    upload = gallery.accepted_upload()
    Upload(upload["id"]).update([Upload.accepted_key.remove()])
    refused = gallery.shopper("POST", "generations", gallery.preview_request(upload))
    assert (refused.status_code, refused.json()["code"]) == (404, "UploadNotFound")


def test_a_crash_between_copy_and_verdict_is_repaired(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    row = Upload.get(gallery.shopper("POST", "uploads", {}).json()["id"])
    url = storage.address(config.settings().images_bucket, row.object_key)
    storage.put(url, PHOTO.read_bytes(), "image/jpeg")
    event = _event(row, "ObjectCreated:Post", "01")

    def crash(*_: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(repository, "write_inspection", crash)
        uploads.inspect_upload(event)
    storage.put(url, encode_image(Image.new("RGB", (64, 64), "red"), "JPEG"), "image/jpeg")  # posted again
    uploads.inspect_upload(event)
    assert gallery.drain() == []
    after = Upload.get(row.id)
    assert (after.width, after.byte_count, _object(gallery, row.id)) == (512, *[PHOTO.stat().st_size] * 2)


def test_a_crash_after_a_rejection_leaves_no_object(gallery: Gallery) -> None:
    upload = gallery.upload_photo(b"%PDF-1.7")
    row = Upload.get(upload["id"])
    consumer = next(found for found in handlers.consumers() if found.name == "studio-inspect_upload")
    (message,) = delivery.receive(consumer)
    (event,) = UploadChanged.read(message["Body"])
    inspection = Inspection(UploadStatus.REJECTED, reject_reason="no photo")
    repository.write_inspection(row, event.sequencer, inspection)  # then the worker crashed
    delivery.deliver(consumer, [message], lambda found, it: handlers.chalice_app().handler_map[found.name](it, None))
    assert _object(gallery, upload["id"]) is None


def test_an_unused_photo_is_deleted_within_a_day_and_frees_its_bytes(gallery: Gallery) -> None:
    used, unused, refused = gallery.accepted_upload(), gallery.accepted_upload(), gallery.upload_photo(b"%PDF-1.7")
    assert gallery.shopper("POST", "generations", gallery.preview_request(used)).status_code == 202
    assert gallery.drain() == []
    before = Decimal(gallery.quota()["current_storage_mb"])
    uploads.remove_unused_uploads(clock.now() + uploads.SWEEP_AGE - timedelta(minutes=1))
    assert _object(gallery, unused["id"]) is not None
    for _ in range(2):
        uploads.remove_unused_uploads(clock.now() + uploads.SWEEP_AGE + timedelta(minutes=1))
        assert gallery.drain() == []
    assert (_object(gallery, unused["id"]), _object(gallery, used["id"])) == (None, PHOTO.stat().st_size)
    assert (before - Decimal(gallery.quota()["current_storage_mb"])) * 1_000_000 == PHOTO.stat().st_size
    states = [Upload.get(upload["id"]).status for upload in (used, unused, refused)]
    assert states == [UploadStatus.ACCEPTED, UploadStatus.DELETED, UploadStatus.REJECTED]
    assert gallery.shopper("POST", "generations", gallery.preview_request(unused)).json()["code"] == "UploadNotReady"


def test_a_photo_that_cannot_be_deleted_stops_no_other(gallery: Gallery) -> None:
    first, second = gallery.accepted_upload(), gallery.accepted_upload()
    stuck, events = Upload.get(first["id"]).object_key, aws.client("s3").meta.events

    def refuse(params: dict[str, Any], **_: Any) -> None:
        if stuck in str(params):
            raise ConnectionError("the object is locked")

    events.register("before-call.s3", refuse, unique_id="refuse")
    try:
        with pytest.raises(ConnectionError):
            uploads.remove_unused_uploads(clock.now() + uploads.SWEEP_AGE + timedelta(minutes=1))
    finally:
        events.unregister("before-call.s3", unique_id="refuse")
    assert (_object(gallery, first["id"]) is None, _object(gallery, second["id"]) is None) == (False, True)
    uploads.remove_unused_uploads(clock.now() + uploads.SWEEP_AGE + timedelta(minutes=1))
    assert _object(gallery, first["id"]) is None


def test_an_expired_upload_is_not_found(gallery: Gallery) -> None:
    upload = gallery.accepted_upload()
    Upload(upload["id"]).update([Upload.expires_epoch.set(clock.now())])
    assert gallery.shopper("GET", f"uploads/{upload['id']}").json()["code"] == "UploadNotFound"
    assert gallery.shopper("POST", "generations", gallery.preview_request(upload)).json()["code"] == "UploadNotFound"


def test_a_used_photo_is_kept_after_a_second_upload(gallery: Gallery) -> None:
    upload = gallery.accepted_upload()
    assert gallery.shopper("POST", "generations", gallery.preview_request(upload)).status_code == 202
    httpx2.post(upload["url"], data=upload["fields"], files={"file": PHOTO.read_bytes()})
    assert gallery.drain() == []
    row = Upload.get(upload["id"])
    assert not row.expires_epoch
    assert not row.unused


def _event(row: Upload, name: str, sequencer: str) -> UploadChanged:
    return UploadChanged(
        event_name=name, bucket=config.settings().images_bucket, key=row.object_key, sequencer=sequencer
    )
