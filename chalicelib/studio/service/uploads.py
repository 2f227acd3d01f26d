"""A shopper's photo: uploaded to S3 by a form, then inspected before any other use.

The accepted bytes are stored under a key that no form can write. A photo that is posted afterwards is deleted.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.integrations import storage
from chalicelib.integrations.images import decoder_process, decoding
from chalicelib.kit import clock, config, data_subjects, ids, logs, signing, tombstones
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.retries import retry_conflicts
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.shops.service import Shopper
from chalicelib.studio.domain import image_validation, quota
from chalicelib.studio.domain.image_header import probe
from chalicelib.studio.domain.image_validation import RejectReason
from chalicelib.studio.domain.visitor_limits import VisitorAction
from chalicelib.studio.errors import InvalidUploadToken, StorageExceeded, UploadNotFound
from chalicelib.studio.models import Upload, UploadStatus
from chalicelib.studio.repository import quotas, uploads
from chalicelib.studio.repository.uploads import Inspection
from chalicelib.studio.schemas.messages import UploadChanged
from chalicelib.studio.schemas.shopper import UploadCreate, UploadRead
from chalicelib.studio.service import merchant_images, visitor_limits
from chalicelib.studio.service.auth import APP

MINUTES_15 = 15 * 60
UNUSED_LIFETIME = timedelta(days=1)
"""An unused photo is deleted after this time."""
SWEEP_AGE = UNUSED_LIFETIME - timedelta(hours=1)
"""The object is deleted before its row expires: the row must exist when the bucket event of the deletion arrives."""
_PURPOSE = "upload"

log = logs.logger("studio")


def begin_upload(shopper: Shopper, body: UploadCreate, idempotency: Idempotency | None) -> UploadRead:
    """Create an upload; return the form to post the photo with and, for a guest, the token that proves ownership.

    Raises StorageExceeded if the shop's storage is full, VisitorLimitReached; Unavailable if the counters keep changing.
    """
    counters = visitor_limits.counter_keys(shopper, VisitorAction.UPLOADS)

    def reserve(unit: UnitOfWork) -> UploadRead:
        quota_row, rows = quotas.get_with_rows(shopper.shop, counters)
        room = quota.free_bytes(quotas.quota_state(quota_row))
        if not room:
            raise StorageExceeded
        row = _new_upload(shopper)
        answer = _form_of(row, body.content_type, room)
        if idempotency:
            idempotency.join(unit.transaction, answer)
        visitor_limits.stage_count(unit.transaction, shopper, VisitorAction.UPLOADS, quota_row, rows)
        uploads.stage_upload(unit.transaction, row)
        return answer

    return run_unit_of_work(reserve)


def _new_upload(shopper: Shopper) -> Upload:
    now, upload = clock.now(), ids.new()
    return Upload(
        id=upload,
        shop_id=shopper.shop,
        customer_id=shopper.customer_id,
        object_key=f"uploads/{shopper.shop}/{upload}",
        status=UploadStatus.AWAITING,
        created_at=now,
        updated_at=now,
        expires_epoch=now + UNUSED_LIFETIME,
    )


def _form_of(row: Upload, content_type: str, room: int) -> UploadRead:
    """Return the form that posts a photo of at most `room` bytes, with a token for a guest."""
    form = storage.presigned_post(
        storage.address(config.settings().images_bucket, row.object_key),
        content_type=content_type,
        max_bytes=min(room, image_validation.MAX_BYTES),
        seconds=MINUTES_15,
    )
    token = None if row.customer_id else signing.sign(_PURPOSE, row.id.encode())
    return UploadRead(id=row.id, url=form.url, fields=form.fields, token=token)


def get_upload(shopper: Shopper, upload: str, token: str | None) -> Upload:
    """Return the shopper's own upload. Raises UploadNotFound, InvalidUploadToken."""
    return require_upload_owner(uploads.find(upload), shopper, token)


def require_upload_owner(row: Upload | None, shopper: Shopper, token: str | None) -> Upload:
    """Return the upload if it belongs to this customer, or to the guest with its token.

    Raises UploadNotFound if it is missing, expired or another customer's, InvalidUploadToken if a guest's token is
    invalid.
    """
    if row is None or row.shop_id != shopper.shop or (row.expires_epoch and row.expires_epoch <= clock.now()):
        raise UploadNotFound
    if row.customer_id is not None:
        if row.customer_id != shopper.customer_id:
            raise UploadNotFound
    elif signing.verify(_PURPOSE, token or "") != row.id.encode():
        raise InvalidUploadToken
    return row


def inspect_upload(event: UploadChanged) -> None:
    """Apply a bucket event to its upload, unless a later event was applied. Retries write conflicts.

    An object without a row is deleted: its shopper or shop was erased while the upload form was valid.
    """

    def inspect() -> None:
        row = uploads.find(event.key.rsplit("/", 1)[-1])
        if row is None or row.object_key != event.key or tombstones.is_erased(data_subjects.app(event.shop, APP)):
            log.info("object deleted: it has no upload row", extra={"key": event.key})
            _delete_objects(event)
        else:
            _apply_event(row, event)

    retry_conflicts(inspect)


def _apply_event(row: Upload, event: UploadChanged) -> None:
    url = storage.address(event.bucket, event.key)
    is_swept = row.expires_epoch is not None and not row.unused
    if row.accepted_key or is_swept:
        if not event.event_name.startswith("ObjectRemoved"):
            _delete_objects(event, keep=row.accepted_key)  # posted after the inspection
    elif row.sequencer is not None and not _is_later(event.sequencer, row.sequencer):
        if row.sequencer == event.sequencer and row.status is UploadStatus.REJECTED:
            _delete_objects(event)  # the worker that rejected it may have died before deleting it
        elif row.sequencer != event.sequencer:
            storage.delete(storage.address(event.bucket, _accepted_key(event)))  # a later event was applied before
    elif event.event_name.startswith("ObjectRemoved"):
        _apply_removal(row, event)
    else:
        _inspect_object(row, event, url)


def _inspect_object(row: Upload, event: UploadChanged, url: str) -> None:
    try:
        data = storage.get(url)
    except storage.NoSuchObject:
        return  # deleted since; the event of the deletion follows
    header = probe(data)
    reason = merchant_images.inspect_image(header, data, decoder_process.WORKER)
    if reason is None:
        try:
            _accept(row, event, data, f"image/{header.format}".lower())
        except StorageExceeded:
            reason = RejectReason.STORAGE_FULL
        else:
            if row.unused:  # a generation of the previous version may use the object
                storage.delete(url)
            return
    rejected = Inspection(UploadStatus.REJECTED, reject_reason=image_validation.DETAIL[reason])
    uploads.write_inspection(row, event.sequencer, rejected)
    _delete_objects(event)
    log.info("photo rejected", extra={"upload": row.id, "reason": reason.value})


def _accept(row: Upload, event: UploadChanged, data: bytes, content_type: str) -> None:
    """Store the inspected bytes of an event, then accept the upload. Raises the errors of `write_inspection`.

    If two workers process the same event, the bytes of the first are kept: the form may have replaced the object between.
    """
    key = _accepted_key(event)
    url = storage.address(event.bucket, key)
    if not storage.put_if_absent(url, data, content_type):
        data = storage.get(url)
    size = decoding.upright_size(data)
    accepted = Inspection(UploadStatus.ACCEPTED, len(data), size=size, accepted_key=key)
    uploads.write_inspection(row, event.sequencer, accepted)


def _accepted_key(event: UploadChanged) -> str:
    """Return the object key of the bytes accepted at this event; no other event writes this key."""
    return f"photos/{event.shop}/{event.sequencer}/{event.key.rsplit('/', 1)[-1]}"


def _delete_objects(event: UploadChanged, *, keep: str | None = None) -> None:
    """Delete the posted object and the copy from a failed acceptance at this event; keep the object with key `keep`."""
    for key in {event.key, _accepted_key(event)} - {keep}:
        storage.delete(storage.address(event.bucket, key))


def _apply_removal(row: Upload, event: UploadChanged) -> None:
    """Mark the upload as deleted; a rejected one, whose object we deleted, keeps its status and reason."""
    removal = Inspection(UploadStatus.DELETED)
    if row.status is UploadStatus.REJECTED:
        removal = Inspection(UploadStatus.REJECTED, reject_reason=row.reject_reason)
    uploads.write_inspection(row, event.sequencer, removal)


def remove_unused_uploads(now: datetime) -> None:
    """Delete photos that no generation used within 23 hours; DynamoDB's TTL deletes their rows.

    Continues after a photo cannot be deleted; the next run retries it. Raises the last error.
    """
    last_error: Exception | None = None
    for row in uploads.iterate_unused(now - SWEEP_AGE):
        try:
            _remove_unused(row)
        except Exception as error:
            log.exception("unused photo not deleted: unexpected error", extra={"upload": row.id})
            last_error = error
    if last_error is not None:
        raise last_error


def _remove_unused(row: Upload) -> None:
    if uploads.discard_unused(row):
        for key in filter(None, (row.object_key, row.accepted_key)):
            storage.delete(storage.address(config.settings().images_bucket, key))
        uploads.clear_unused(row)


def _is_later(sequencer: str, applied: str) -> bool:
    """Compare S3 sequencers of one key: hexadecimal, the shorter padded with zeros on the right."""
    width = max(len(sequencer), len(applied))
    return sequencer.ljust(width, "0") > applied.ljust(width, "0")
