"""Backups in S3: a zip with a manifest and a CSV file for each table. Writing and reading keep one part in memory."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, cast

from chalicelib.integrations import storage
from chalicelib.integrations.multipart_uploads import MultipartUpload
from chalicelib.integrations.object_readers import open_object
from chalicelib.kit import config
from chalicelib.platform.domain.backup_manifests import (
    NAME,
    BackupManifest,
    TableFile,
    file_name,
    parse_manifest,
)

PREFIX = "backups"
"""Prefix of the backups in the archive bucket, by store. A lifecycle rule deletes them after 30 days."""
MEDIA_TYPE = "application/zip"
MAX_FIELD = 64 * 1024 * 1024
"""The maximum length of a field, in characters; a text column holds at most 16 MB."""
_CHUNK = 256 * 1024
_DAMAGES = (zipfile.BadZipFile, zlib.error, csv.Error, KeyError, ValueError, EOFError)


class BackupUnreadable(Exception):
    """The zip, its manifest or one of its files is damaged. The message names the damaged part."""


def address_of(store_id: str, job_id: str, fence: int) -> str:
    """Return the address of the backup that a job writes.

    It contains the fence of the lease, so that each worker writes its own file.
    """
    return storage.address(config.settings().archive_bucket, f"{PREFIX}/{store_id}/{job_id}-{fence}.zip")


def presigned_link(url: str, name: str, seconds: int) -> str:
    """Return a URL that downloads a backup under a name, valid for `seconds`."""
    return storage.presigned_get(url, seconds=seconds, download_name=name)


class _Hashed:
    """A file that counts and hashes the bytes that pass through it to an upload."""

    def __init__(self, upload: MultipartUpload) -> None:
        self._upload = upload
        self.size, self.digest = 0, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.size += len(data)
        self.digest.update(data)
        return self._upload.write(data)

    def flush(self) -> None:
        self._upload.flush()


@dataclass
class BackupWriter:
    """A backup that is being written. `byte_size` and `sha256` are of the whole zip, once it is closed."""

    file: zipfile.ZipFile
    tables: dict[str, TableFile] = field(default_factory=dict)
    byte_size: int = 0
    sha256: str = ""

    def add_table(self, name: str, header: Sequence[str], pages: Iterable[list[list[str]]]) -> None:
        """Add a table's file from pages of rows of fields."""
        rows, digest = 0, hashlib.sha256()
        with self.file.open(_entry(file_name(name)), "w", force_zip64=True) as entry:
            for page in _with_header(header, pages):
                data = csv_bytes(page)
                digest.update(data)
                entry.write(data)
                rows += len(page)
        self.tables[name] = TableFile(rows - 1, digest.hexdigest())

    def add_manifest(self, manifest: BackupManifest) -> None:
        """Add the manifest, the last file."""
        self.file.writestr(_entry(NAME), manifest.to_json())


@contextmanager
def write_backup(url: str) -> Iterator[BackupWriter]:
    """Write a new zip. It appears in S3 when the block ends; if the block raises, it does not."""
    upload = MultipartUpload(*storage.parts(url), MEDIA_TYPE)
    hashed = _Hashed(upload)
    try:
        with zipfile.ZipFile(cast("IO[bytes]", hashed), "w") as file:  # zipfile only writes and flushes
            writer = BackupWriter(file)
            yield writer
        upload.complete()
    except Exception:
        upload.abort()
        raise
    writer.byte_size, writer.sha256 = hashed.size, hashed.digest.hexdigest()


@dataclass(frozen=True)
class BackupReader:
    """A backup that is being read. The methods raise BackupUnreadable."""

    file: zipfile.ZipFile

    def read_manifest(self) -> BackupManifest:
        """Return the manifest."""
        with _translated(NAME):
            return parse_manifest(self.file.read(NAME).decode())

    def iterate_rows(self, table: str) -> Iterator[list[str]]:
        """Yield the fields of the header, then of each row of a table's file."""
        csv.field_size_limit(MAX_FIELD)
        name = file_name(table)
        with (
            _translated(name),
            self.file.open(name) as entry,
            io.TextIOWrapper(entry, encoding="utf-8", newline="") as text,
        ):
            yield from csv.reader(text, strict=True)

    def hash_file(self, table: str) -> str:
        """Return the SHA-256 of a table's file, in hexadecimal."""
        name, digest = file_name(table), hashlib.sha256()
        with _translated(name), self.file.open(name) as entry:
            while chunk := entry.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()


@contextmanager
def open_backup(url: str) -> Iterator[BackupReader]:
    """Open a backup. Raises BackupUnreadable if it is no zip, NoSuchObject if there is none."""
    with open_object(url) as content:
        with _translated("the backup"):
            file = zipfile.ZipFile(content)
        with file:
            yield BackupReader(file)


def iterate_chunks(url: str) -> Iterator[bytes]:
    """Yield the bytes of a whole backup. Raises NoSuchObject."""
    with open_object(url) as content:
        while chunk := content.read(_CHUNK):
            yield chunk


def csv_bytes(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as lines of CSV (RFC 4180) in UTF-8."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _with_header(header: Sequence[str], pages: Iterable[list[list[str]]]) -> Iterator[list[list[str]]]:
    yield [list(header)]
    yield from pages


def _entry(name: str) -> zipfile.ZipInfo:
    """Return a zip entry with a constant time, so that the same rows give the same zip."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Translate errors that a damaged zip causes in the block into BackupUnreadable."""
    try:
        yield
    except (*_DAMAGES, RuntimeError) as error:
        raise BackupUnreadable(f"{name} cannot be read.") from error
