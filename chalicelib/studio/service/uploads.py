"""A shopper's photo: uploaded to S3 by a form, then inspected before any other use."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.integrations import storage
from chalicelib.integrations.images import decoder_process
from chalicelib.kit import clock, config, data_subjects, ids, logs, signing, tombstones
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.retries import retry_conflicts
from chalicelib.shops.service import Shopper
from chalicelib.studio.domain import image_validation, quota
from chalicelib.studio.domain.image_header import probe
from chalicelib.studio.domain.image_validation import RejectReason
from chalicelib.studio.errors import InvalidUploadToken, StorageExceeded, UploadNotFound
from chalicelib.studio.models import Upload, UploadStatus
from chalicelib.studio.repository import quotas, uploads
from chalicelib.studio.repository.uploads import Inspection
from chalicelib.studio.schemas.messages import UploadChanged
from chalicelib.studio.schemas.shopper import UploadCreate, UploadRead
from chalicelib.studio.service import merchant_images
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

    Raises StorageExceeded if the shop's storage is full.
    """
    room = quota.free_bytes(quotas.quota_state(quotas.get_or_default(shopper.shop)))
    if not room:
        raise StorageExceeded
    now, upload = clock.now(), ids.new()
    key = f"uploads/{shopper.shop}/{upload}"
    form = storage.presigned_post(
        storage.address(config.settings().images_bucket, key),
        content_type=body.content_type,
        max_bytes=min(room, image_validation.MAX_BYTES),
        seconds=MINUTES_15,
    )
    token = None if shopper.customer_id else signing.sign(_PURPOSE, upload.encode())
    answer = UploadRead(id=upload, url=form.url, fields=form.fields, token=token)
    row = Upload(
        id=upload,
        shop_id=shopper.shop,
        customer_id=shopper.customer_id,
        object_key=key,
        status=UploadStatus.AWAITING,
        created_at=now,
        updated_at=now,
        expires_epoch=now + UNUSED_LIFETIME,
    )
    uploads.add(row, idempotency, answer)
    return answer


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
            storage.delete(storage.address(event.bucket, event.key))
        else:
            _apply_event(row, event)

    retry_conflicts(inspect)


def _apply_event(row: Upload, event: UploadChanged) -> None:
    url = storage.address(event.bucket, event.key)
    if row.sequencer is not None and not _is_later(event.sequencer, row.sequencer):
        if row.sequencer == event.sequencer and row.status is UploadStatus.REJECTED:
            storage.delete(url)  # the worker that rejected it may have died before deleting it
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
        accepted = Inspection(UploadStatus.ACCEPTED, len(data), size=(header.width, header.height))
        try:
            uploads.write_inspection(row, event.sequencer, accepted)
        except StorageExceeded:
            reason = RejectReason.STORAGE_FULL
        else:
            return
    rejected = Inspection(UploadStatus.REJECTED, reject_reason=image_validation.DETAIL[reason])
    uploads.write_inspection(row, event.sequencer, rejected)
    storage.delete(url)
    log.info("photo rejected", extra={"upload": row.id, "reason": reason.value})


def _apply_removal(row: Upload, event: UploadChanged) -> None:
    """Mark the upload as deleted; a rejected one, whose object we deleted, keeps its status and reason."""
    removal = Inspection(UploadStatus.DELETED)
    if row.status is UploadStatus.REJECTED:
        removal = Inspection(UploadStatus.REJECTED, reject_reason=row.reject_reason)
    uploads.write_inspection(row, event.sequencer, removal)


def remove_unused_uploads(now: datetime) -> None:
    """Delete photos that no generation used within 23 hours; DynamoDB's TTL deletes their rows.

    A photo that cannot be deleted stops no other; the next run finds it. Raises the last error.
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
        storage.delete(storage.address(config.settings().images_bucket, row.object_key))
        uploads.clear_unused(row)


def _is_later(sequencer: str, applied: str) -> bool:
    """Compare S3 sequencers of one key: hexadecimal, the shorter padded with zeros on the right."""
    width = max(len(sequencer), len(applied))
    return sequencer.ljust(width, "0") > applied.ljust(width, "0")
