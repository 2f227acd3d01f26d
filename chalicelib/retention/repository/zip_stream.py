"""A zip file streamed into S3: only one part of the upload is in memory."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from chalicelib.integrations.multipart_uploads import MultipartUpload

MEDIA_TYPE = "application/zip"


class ZipStream:
    """A zip file that is being written."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file

    def add_json(self, name: str, rows: Iterable[Any]) -> int:
        """Add an entry with a JSON array of the rows and return their number. Without rows, add no entry."""
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

    def add_lines(self, name: str, lines: Iterable[bytes]) -> int:
        """Add an entry with these lines of JSON and return their number. Without lines, add no entry."""
        iterator = iter(lines)
        first = next(iterator, None)
        if first is None:
            return 0
        count = 1
        with self._open(name) as entry:
            entry.write(first)
            for line in iterator:
                entry.write(line)
                count += 1
        return count

    def add_bytes(self, name: str, chunks: Iterable[bytes]) -> None:
        """Add an entry with these bytes. Only JSON is compressed: images already are."""
        with self._open(name) as entry:
            for chunk in chunks:
                entry.write(chunk)

    def _open(self, name: str) -> Any:
        entry = zipfile.ZipInfo(name)
        is_text = name.endswith((".json", ".jsonl"))
        entry.compress_type = zipfile.ZIP_DEFLATED if is_text else zipfile.ZIP_STORED
        return self._file.open(entry, "w", force_zip64=True)


@contextmanager
def open_zip(bucket: str, key: str) -> Iterator[ZipStream]:
    """Open a new zip in S3. It appears when the block ends; if the block raises, it does not."""
    upload = MultipartUpload(bucket, key, MEDIA_TYPE)
    try:
        with zipfile.ZipFile(cast("IO[bytes]", upload), "w") as file:  # zipfile only writes and flushes
            yield ZipStream(file)
        upload.complete()
    except Exception:
        upload.abort()
        raise
