"""A shopper's photo: sent to S3 directly, then looked at by the guard before anything else may use it."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.integrations import image_process, storage
from chalicelib.kit import clock, config, ids, logs, signing, subjects, tombstones
from chalicelib.kit.idempotency import Idempotency
from chalicelib.shops.service import Shopper
from chalicelib.studio import guard, quota
from chalicelib.studio.app import APP
from chalicelib.studio.errors import StorageExceeded, UploadNotFound, UploadTokenInvalid
from chalicelib.studio.guard import RejectReason
from chalicelib.studio.image_header import probe
from chalicelib.studio.models import Upload, UploadStatus
from chalicelib.studio.repository import quotas, uploads
from chalicelib.studio.repository.uploads import Overtaken
from chalicelib.studio.schemas.messages import UploadChanged
from chalicelib.studio.schemas.shopper import UploadCreate, UploadRead
from chalicelib.studio.service import pictures

MINUTES_15 = 15 * 60
UNUSED = timedelta(days=1)
"""How long a photo waits to be used."""
SWEEP = UNUSED - timedelta(hours=1)
"""Its object goes first: the row must still be there when the bucket tells of the removal."""
_PURPOSE = "upload"
_RETRIES = 10

log = logs.logger("studio")


def begin(shopper: Shopper, asked: UploadCreate, idempotency: Idempotency | None) -> UploadRead:
    """Await a photo: where to send it, and for a guest the token that stands for them. Raises StorageExceeded."""
    room = quota.room(quotas.state_of(quotas.find(shopper.shop)))
    if not room:
        raise StorageExceeded
    now, upload = clock.now(), ids.new()
    key = f"uploads/{shopper.shop}/{upload}"
    form = storage.presigned_post(
        storage.address(config.settings().images_bucket, key),
        content_type=asked.content_type,
        max_bytes=min(room, guard.MAX_BYTES),
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
        expires_epoch=now + UNUSED,
    )
    uploads.add(row, idempotency, answer)
    return answer


def get(shopper: Shopper, upload: str, token: str | None) -> Upload:
    """The shopper's own upload. Raises UploadNotFound, UploadTokenInvalid."""
    return demand_owner(uploads.find(upload), shopper, token)


def demand_owner(row: Upload | None, shopper: Shopper, token: str | None) -> Upload:
    """The upload, if it is this shopper's: the customer's own, or the guest's who holds its token.

    Raises UploadNotFound, also for one whose time is over, and UploadTokenInvalid.
    """
    if row is None or row.shop_id != shopper.shop or (row.expires_epoch and row.expires_epoch <= clock.now()):
        raise UploadNotFound
    if row.customer_id is not None:
        if row.customer_id != shopper.customer_id:
            raise UploadNotFound
    elif signing.verify(_PURPOSE, token or "") != row.id.encode():
        raise UploadTokenInvalid
    return row


def inspect(event: UploadChanged) -> None:
    """Apply what happened to an upload's object, unless a later event was applied already. Raises Overtaken.

    One that no row knows goes: its shopper or its shop was erased while the form was good.
    """
    for _ in range(_RETRIES):
        row = uploads.find(event.key.rsplit("/", 1)[-1])
        if row is None or row.object_key != event.key or tombstones.is_erased(subjects.app(event.shop, APP)):
            log.info("an object that nobody asks for is removed", extra={"key": event.key})
            storage.delete(storage.address(event.bucket, event.key))
            return
        try:
            _inspect(row, event)
        except Overtaken:
            continue  # by another event of the same object: which of them is the later one?
        return
    raise Overtaken


def _inspect(row: Upload, event: UploadChanged) -> None:
    url = storage.address(event.bucket, event.key)
    if row.sequencer is not None and not _is_later(event.sequencer, row.sequencer):
        if row.sequencer == event.sequencer and row.status is UploadStatus.REJECTED:
            storage.delete(url)  # whoever refused it may have died before this
    elif event.event_name.startswith("ObjectRemoved"):
        _removed(row, event)
    else:
        _created(row, event, url)


def _created(row: Upload, event: UploadChanged, url: str) -> None:
    try:
        data = storage.get(url)
    except storage.NoSuchObject:
        return  # removed since; that event comes, too
    header = probe(data)
    reason = pictures.rejection_reason(header, data, image_process.WORKER)
    if reason is None:
        try:
            uploads.apply(row, UploadStatus.ACCEPTED, event.sequencer, len(data), size=(header.width, header.height))
        except StorageExceeded:
            reason = RejectReason.STORAGE_FULL
        else:
            return
    uploads.apply(row, UploadStatus.REJECTED, event.sequencer, 0, reject_reason=guard.DETAIL[reason])
    storage.delete(url)
    log.info("a photo was refused", extra={"upload": row.id, "reason": reason.value})


def _removed(row: Upload, event: UploadChanged) -> None:
    """What the guard itself removed stays rejected, with its reason."""
    rejected = row.status is UploadStatus.REJECTED
    status, reason = (UploadStatus.REJECTED, row.reject_reason) if rejected else (UploadStatus.DELETED, None)
    uploads.apply(row, status, event.sequencer, 0, reject_reason=reason)


def remove_unused(now: datetime) -> None:
    """Delete the photos that nobody has used for the best part of a day; DynamoDB's TTL ends their rows."""
    for row in uploads.iterate_unused(now - SWEEP):
        if uploads.discard(row):
            storage.delete(storage.address(config.settings().images_bucket, row.object_key))
            uploads.forget(row)


def _is_later(sequencer: str, applied: str) -> bool:
    """S3's order of events on one key: hexadecimal, the shorter padded with zeros on the right."""
    width = max(len(sequencer), len(applied))
    return sequencer.ljust(width, "0") > applied.ljust(width, "0")
