"""A shopper's photo: sent to S3 directly, then looked at by the guard before anything else may use it."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.integrations import images, storage
from chalicelib.kit import clock, config, ids, logs, signing
from chalicelib.shops.service import Shopper
from chalicelib.studio import guard
from chalicelib.studio.errors import UploadNotFound, UploadTokenInvalid
from chalicelib.studio.guard import RejectReason
from chalicelib.studio.image_header import Probe, probe
from chalicelib.studio.models import Upload, UploadStatus
from chalicelib.studio.repository import quotas, uploads
from chalicelib.studio.schemas.messages import UploadChanged
from chalicelib.studio.schemas.shopper import UploadCreate, UploadRead

MINUTES_15 = 15 * 60
UNUSED = timedelta(days=1)
_PURPOSE = "upload"

log = logs.logger("studio")


def begin(shopper: Shopper, asked: UploadCreate) -> UploadRead:
    """Await a photo: where to send it, and for a guest the token that stands for them."""
    now, upload = clock.now(), ids.new()
    key = f"uploads/{shopper.shop}/{upload}"
    uploads.add(
        Upload(
            id=upload,
            shop_id=shopper.shop,
            customer_id=shopper.customer_id,
            object_key=key,
            status=UploadStatus.AWAITING,
            created_at=now,
            updated_at=now,
            expires_epoch=now + UNUSED,
        )
    )
    form = storage.presigned_post(
        storage.address(config.settings().images_bucket, key),
        content_type=asked.content_type,
        max_bytes=guard.MAX_BYTES,
        seconds=MINUTES_15,
    )
    token = None if shopper.customer_id else signing.sign(_PURPOSE, upload.encode())
    return UploadRead(id=upload, url=form.url, fields=form.fields, token=token)


def get(shopper: Shopper, upload: str, token: str | None) -> Upload:
    """The shopper's own upload. Raises UploadNotFound, UploadTokenInvalid."""
    row = uploads.get(upload)
    demand_owner(row, shopper, token)
    return row


def demand_owner(row: Upload | None, shopper: Shopper, token: str | None) -> None:
    """Raise unless the upload is this shopper's: the customer's own, or the guest's who holds its token."""
    if row is None or row.shop_id != shopper.shop:
        raise UploadNotFound
    if row.customer_id is not None:
        if row.customer_id != shopper.customer_id:
            raise UploadNotFound
    elif signing.verify(_PURPOSE, token or "") != row.id.encode():
        raise UploadTokenInvalid


def inspect(event: UploadChanged) -> None:
    """Apply what happened to an upload's object, unless a later event was applied already."""
    row = uploads.find(event.key.rsplit("/", 1)[-1])
    if row is None or row.object_key != event.key:
        log.warning("an object that nobody asked for", extra={"key": event.key})
        return
    if row.sequencer is not None and not _is_later(event.sequencer, row.sequencer):
        return
    if event.event_name.startswith("ObjectRemoved"):
        _removed(row, event)
    else:
        _created(row, event)


def _created(row: Upload, event: UploadChanged) -> None:
    url = storage.address(event.bucket, event.key)
    try:
        data = storage.get(url)
    except storage.NoSuchObject:
        return  # removed since; that event comes, too
    header = probe(data)
    reason = _refusal(header, data)
    before = row.byte_count or 0
    if reason is None:
        size, expires = (header.width, header.height), row.created_at + UNUSED
        if uploads.apply(row, UploadStatus.ACCEPTED, event.sequencer, len(data), size=size, expires=expires):
            quotas.add_bytes(row.shop_id, len(data) - before)
        return
    if uploads.apply(row, UploadStatus.REJECTED, event.sequencer, 0, reject_reason=guard.DETAIL[reason]):
        quotas.add_bytes(row.shop_id, -before)
        storage.delete(url)
        log.info("a photo was refused", extra={"upload": row.id, "reason": reason.value})


def _refusal(header: Probe, data: bytes) -> RejectReason | None:
    reason = guard.judge(header)
    if reason is not None:
        return reason
    try:
        images.check_decodes(data)
    except images.UnreadableImage:
        return RejectReason.UNREADABLE
    return None


def _removed(row: Upload, event: UploadChanged) -> None:
    """What the guard itself removed stays rejected, with its reason."""
    rejected = row.status is UploadStatus.REJECTED
    status, reason = (UploadStatus.REJECTED, row.reject_reason) if rejected else (UploadStatus.DELETED, None)
    before = row.byte_count or 0
    if uploads.apply(row, status, event.sequencer, 0, reject_reason=reason):
        quotas.add_bytes(row.shop_id, -before)


def _is_later(sequencer: str, applied: str) -> bool:
    """S3's order of events on one key: hexadecimal, the shorter padded with zeros on the right."""
    width = max(len(sequencer), len(applied))
    return sequencer.ljust(width, "0") > applied.ljust(width, "0")
