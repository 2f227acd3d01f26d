"""Files over objects of S3, written in parts and read by ranges."""

from __future__ import annotations

import io
import os

import pytest

from chalicelib.integrations import object_readers, storage
from chalicelib.integrations.multipart_uploads import PART_BYTES, MultipartUpload
from chalicelib.integrations.object_readers import open_object
from chalicelib.kit import config


def test_an_object_of_several_parts_is_read_from_any_position(engine: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_readers, "RANGE_BYTES", 1024 * 1024)
    content = os.urandom(PART_BYTES + 100_000)
    bucket = config.settings().archive_bucket
    upload = MultipartUpload(bucket, "backups/one.zip", "application/zip")
    for start in range(0, len(content), 300_000):
        upload.write(content[start : start + 300_000])
    upload.complete()
    with open_object(storage.address(bucket, "backups/one.zip")) as file:
        assert file.read() == content
        file.seek(-10, io.SEEK_END)
        assert file.read() == content[-10:]
        file.seek(PART_BYTES - 5)
        assert file.read(10) == content[PART_BYTES - 5 : PART_BYTES + 5]


def test_an_aborted_upload_leaves_no_object(engine: object) -> None:
    bucket = config.settings().archive_bucket
    upload = MultipartUpload(bucket, "backups/one.zip", "application/zip")
    upload.write(b"x" * (PART_BYTES + 1))
    upload.abort()
    with pytest.raises(storage.NoSuchObject):
        open_object(storage.address(bucket, "backups/one.zip"))
