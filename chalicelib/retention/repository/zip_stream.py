"""A zip that is written straight into S3, an entry at a time: nothing of it is held but a part of the upload."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from chalicelib.retention.repository.s3_objects import Upload

MEDIA_TYPE = "application/zip"


class Zip:
    """A zip under way."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file

    def add_json(self, name: str, rows: Iterable[Any]) -> int:
        """An entry with a JSON array of the rows, as they come; how many there were. Without rows there is no entry."""
        count, entry = 0, None
        try:
            for row in rows:
                if entry is None:
                    entry = self._open(name)
                entry.write(("[\n" if count == 0 else ",\n").encode())
                entry.write(json.dumps(row, ensure_ascii=False, default=str).encode())
                count += 1
            if entry is not None:
                entry.write(b"\n]\n")
        finally:
            if entry is not None:
                entry.close()
        return count

    def add_bytes(self, name: str, chunks: Iterable[bytes]) -> None:
        """An entry with these bytes. Pictures are not compressed once more."""
        with self._open(name) as entry:
            for chunk in chunks:
                entry.write(chunk)

    def _open(self, name: str) -> Any:
        entry = zipfile.ZipInfo(name)
        is_text = name.endswith(".json")
        entry.compress_type = zipfile.ZIP_DEFLATED if is_text else zipfile.ZIP_STORED
        return self._file.open(entry, "w", force_zip64=True)


@contextmanager
def writing(bucket: str, key: str) -> Iterator[Zip]:
    """A new zip, which appears when the block ends; where the block fails, it does not."""
    upload = Upload(bucket, key, MEDIA_TYPE)
    try:
        with zipfile.ZipFile(cast("IO[bytes]", upload), "w") as file:  # it writes and flushes, no more
            yield Zip(file)
        upload.complete()
    except Exception:
        upload.abandon()
        raise
