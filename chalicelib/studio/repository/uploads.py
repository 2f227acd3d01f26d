"""Uploads: written when the form is issued, inspected once per version of the object, deleted if unused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from pynamodb.expressions.update import Action

from chalicelib.kit import clock
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction, update_if
from chalicelib.studio.errors import UploadNotReady
from chalicelib.studio.models import Upload, UploadStatus
from chalicelib.studio.repository import quotas

_UNUSED = "unused"


class _AlreadyCleared(WriteConflict):
    """A concurrent run removed the upload from the unused ones."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """The result of a bucket event: `byte_count` is the photo's size, `size` its upright width and height in pixels.

    `accepted_key` is the key of the accepted bytes.
    """

    status: UploadStatus
    byte_count: int = 0
    size: tuple[int, int] | None = None
    reject_reason: str | None = None
    accepted_key: str | None = None


def stage_upload(transaction: Transaction, row: Upload) -> None:
    """Add a new, unused upload to the transaction."""
    row.unused = _UNUSED
    transaction.add(row)


def find(upload: str) -> Upload | None:
    """Return the upload, read consistently, or None."""
    try:
        return Upload.get(upload, consistent_read=True)
    except Upload.DoesNotExist:
        return None


def stage_use(transaction: Transaction, upload: str) -> None:
    """Add to the transaction that the photo is used and never expires; UploadNotReady unless it is accepted."""
    transaction.update(
        Upload(upload),
        [Upload.expires_epoch.remove(), Upload.unused.remove()],
        condition=Upload.status == UploadStatus.ACCEPTED,
        otherwise=UploadNotReady(),
    )


def write_inspection(row: Upload, sequencer: str, inspection: Inspection) -> None:
    """Write the result of a bucket event, and the change in stored bytes.

    Raises WriteConflict if another event was applied since the read, StorageExceeded if the shop has no room for the
    bytes (an upload form reserves none).
    """
    size, reject_reason = inspection.size, inspection.reject_reason
    actions: list[Action] = [
        Upload.status.set(inspection.status),
        Upload.sequencer.set(sequencer),
        Upload.byte_count.set(inspection.byte_count),
        Upload.updated_at.set(clock.now()),
        Upload.width.set(size[0]) if size else Upload.width.remove(),
        Upload.height.set(size[1]) if size else Upload.height.remove(),
        Upload.reject_reason.set(reject_reason) if reject_reason else Upload.reject_reason.remove(),
        Upload.accepted_key.set(inspection.accepted_key) if inspection.accepted_key else Upload.accepted_key.remove(),
    ]
    unchanged = Upload.sequencer == row.sequencer if row.sequencer else Upload.sequencer.does_not_exist()

    def stage(transaction: Transaction) -> None:
        transaction.update(Upload(row.id), actions, condition=Upload.id.exists() & unchanged, otherwise=WriteConflict())

    quotas.write_with_bytes(row.shop_id, inspection.byte_count - (row.byte_count or 0), stage, limited=True)


def iterate_unused(before: datetime) -> Iterator[Upload]:
    """Yield unused uploads created before `before`, oldest first."""
    return iter(Upload.by_unused.query(_UNUSED, Upload.created_at < before))


def discard_unused(row: Upload) -> bool:
    """Mark an unused upload as deleted, so that no generation can use it, and refresh `row`.

    Returns False if a generation already uses it.
    """
    status = UploadStatus.REJECTED if row.status is UploadStatus.REJECTED else UploadStatus.DELETED
    return update_if(row, [Upload.status.set(status), Upload.updated_at.set(clock.now())], Upload.unused.exists())


def clear_unused(row: Upload) -> None:
    """Remove a discarded upload from the unused ones and release its bytes; its objects must be deleted before.

    The bytes of an upload without an accepted key are released by the bucket's event of the deletion.
    """
    freed = (row.byte_count or 0) if row.accepted_key else 0
    actions: list[Action] = [Upload.unused.remove()]
    if freed:
        actions.append(Upload.byte_count.set(0))

    def stage(transaction: Transaction) -> None:
        transaction.update(Upload(row.id), actions, condition=Upload.unused.exists(), otherwise=_AlreadyCleared())

    with suppress(_AlreadyCleared):
        quotas.write_with_bytes(row.shop_id, -freed, stage)
