"""Uploads: awaited, then judged once per version of the object."""

from __future__ import annotations

from datetime import datetime

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from chalicelib.kit import clock
from chalicelib.studio.errors import UploadNotFound
from chalicelib.studio.models import Upload, UploadStatus


def add(row: Upload) -> None:
    row.save(condition=Upload.id.does_not_exist())


def find(upload: str) -> Upload | None:
    try:
        return Upload.get(upload, consistent_read=True)
    except Upload.DoesNotExist:
        return None


def get(upload: str) -> Upload:
    row = find(upload)
    if row is None:
        raise UploadNotFound
    return row


def apply(
    row: Upload,
    status: UploadStatus,
    sequencer: str,
    byte_count: int,
    *,
    size: tuple[int, int] | None = None,
    reject_reason: str | None = None,
    expires: datetime | None = None,
) -> bool:
    """Note what a bucket event brought, if no event was applied since the row was read; whether that was so."""
    actions: list[Action] = [
        Upload.status.set(status),
        Upload.sequencer.set(sequencer),
        Upload.byte_count.set(byte_count),
        Upload.updated_at.set(clock.now()),
        Upload.width.set(size[0]) if size else Upload.width.remove(),
        Upload.height.set(size[1]) if size else Upload.height.remove(),
        Upload.reject_reason.set(reject_reason) if reject_reason else Upload.reject_reason.remove(),
        Upload.expires_epoch.set(expires) if expires else Upload.expires_epoch.remove(),
    ]
    unchanged = Upload.sequencer == row.sequencer if row.sequencer else Upload.sequencer.does_not_exist()
    try:
        row.update(actions, condition=Upload.id.exists() & unchanged)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True
