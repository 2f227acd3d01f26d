"""Uploads: awaited, judged once per version of the object, removed if nobody uses them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from chalicelib.kit import clock
from chalicelib.kit.errors import Conflict
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.schemas import Schema
from chalicelib.kit.tables import Transaction
from chalicelib.studio.errors import UploadNotReady
from chalicelib.studio.models import Upload, UploadStatus
from chalicelib.studio.repository import quotas

_UNUSED = "unused"


class Overtaken(Conflict):
    """Another bucket event was applied since the row was read: look again."""


def add(row: Upload, idempotency: Idempotency | None, answer: Schema) -> None:
    """Write a new upload, unused so far, together with the answer to its Idempotency-Key."""
    row.unused = _UNUSED
    with Transaction() as transaction:
        if idempotency:
            idempotency.join(transaction, answer)
        transaction.add(row)


def find(upload: str) -> Upload | None:
    try:
        return Upload.get(upload, consistent_read=True)
    except Upload.DoesNotExist:
        return None


def use(transaction: Transaction, upload: str) -> None:
    """Keep the photo for good, in the transaction; it fails with UploadNotReady unless the guard's verdict stands."""
    transaction.update(
        Upload(upload),
        [Upload.expires_epoch.remove(), Upload.unused.remove()],
        condition=Upload.status == UploadStatus.ACCEPTED,
        otherwise=UploadNotReady(),
    )


def apply(
    row: Upload,
    status: UploadStatus,
    sequencer: str,
    byte_count: int,
    *,
    size: tuple[int, int] | None = None,
    reject_reason: str | None = None,
) -> None:
    """Note what a bucket event brought, and count the bytes that it made of the upload.

    Raises Overtaken; StorageExceeded where the shop has no room for them: forms are given out without taking any.
    """
    actions: list[Action] = [
        Upload.status.set(status),
        Upload.sequencer.set(sequencer),
        Upload.byte_count.set(byte_count),
        Upload.updated_at.set(clock.now()),
        Upload.width.set(size[0]) if size else Upload.width.remove(),
        Upload.height.set(size[1]) if size else Upload.height.remove(),
        Upload.reject_reason.set(reject_reason) if reject_reason else Upload.reject_reason.remove(),
    ]
    unchanged = Upload.sequencer == row.sequencer if row.sequencer else Upload.sequencer.does_not_exist()

    def writes(transaction: Transaction) -> None:
        condition = Upload.id.exists() & unchanged
        transaction.update(Upload(row.id), actions, condition=condition, otherwise=Overtaken())

    quotas.write_counting(row.shop_id, byte_count - (row.byte_count or 0), writes, limited=True)


def iterate_unused(before: datetime) -> Iterator[Upload]:
    """Uploads begun before then that no generation uses, the oldest first."""
    return iter(Upload.by_unused.query(_UNUSED, Upload.created_at < before))


def discard(row: Upload) -> bool:
    """Let nobody use an unused upload any more; False where somebody does already."""
    status = UploadStatus.REJECTED if row.status is UploadStatus.REJECTED else UploadStatus.DELETED
    return _update(row, [Upload.status.set(status), Upload.updated_at.set(clock.now())])


def forget(row: Upload) -> None:
    """The discarded upload's object is gone: there is nothing more to remove."""
    _update(row, [Upload.unused.remove()])


def _update(row: Upload, actions: list[Action]) -> bool:
    try:
        Upload(row.id).update(actions, condition=Upload.unused.exists())
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True
