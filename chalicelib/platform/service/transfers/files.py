"""Files of transfers in the images bucket: the uploaded one, the exported one, and the report of rejected rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.integrations import storage
from chalicelib.integrations.object_readers import iterate_blocks
from chalicelib.integrations.storage import ObjectFacts
from chalicelib.kit import config
from chalicelib.platform.domain.csv_records import BYTE_ORDER_MARK, FilePosition, read_records
from chalicelib.platform.domain.csv_rows import text_line
from chalicelib.platform.domain.transfers import START, RowFailure
from chalicelib.platform.models import Transfer

PREFIX = "transfers"
"""Prefix in the images bucket.

A lifecycle rule deletes its objects after 30 days, when the rows of the transfers expire.
"""
UPLOAD_TYPE = "text/csv"
CSV_TYPE = "text/csv; charset=utf-8"
_REPORT_HEADER = ("line", "column", "reason")


def upload_url(row: Transfer) -> str:
    """Return the address of the file that an import reads."""
    return _url(row, "import.csv")


def export_key(row: Transfer) -> str:
    """Return the key of the file that an export writes."""
    return _key(row, "export.csv")


def export_url(row: Transfer) -> str:
    """Return the address of the file that an export writes."""
    return _url(row, "export.csv")


def cursor_of_file(facts: ObjectFacts) -> dict[str, Any]:
    """Return the cursor of an import that has not begun; it names the file's version."""
    return {"size": facts.byte_size, "etag": facts.etag}


def file_of_cursor(row: Transfer) -> ObjectFacts:
    """Return the facts of the file that an import reads."""
    return ObjectFacts(row.cursor["size"], row.cursor["etag"])


def read_blocks(row: Transfer, position: FilePosition) -> tuple[FilePosition, Iterator[bytes]]:
    """Return the bytes of an import's file from a position on, and that position: a byte order mark is skipped.

    Raises ObjectChanged, also while the blocks are read.
    """
    blocks = iterate_blocks(upload_url(row), position.offset, file_of_cursor(row))
    if position != START:
        return position, blocks
    first = next(blocks, b"")
    if first.startswith(BYTE_ORDER_MARK):
        return FilePosition(len(BYTE_ORDER_MARK)), _chain(first[len(BYTE_ORDER_MARK) :], blocks)
    return START, _chain(first, blocks)


def _chain(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from others


@dataclass(slots=True)
class ImportReport:
    """The rejected rows of an import, in the order of their lines. The object holds all of them."""

    url: str
    failures: list[RowFailure] = field(default_factory=list)

    @classmethod
    def load(cls, row: Transfer) -> ImportReport:
        """Return the stored report; an empty one if there is none."""
        report = cls(_url(row, "report.csv"))
        if row.report_url is not None:
            records = list(read_records([storage.get(report.url)], START))[1:]
            cells = [[cell or "" for cell in record.cells] for record in records]
            report.failures = [RowFailure(int(line), column, reason) for line, column, reason in cells]
        return report

    def add(self, failures: Sequence[RowFailure]) -> None:
        """Add rejected rows and store the report, unless an earlier worker stored them before it crashed."""
        last = self.failures[-1].line if self.failures else 0
        missing = [failure for failure in failures if failure.line > last]
        if not missing:
            return
        self.failures += missing
        lines = [text_line(_REPORT_HEADER)]
        lines += [text_line((str(each.line), each.column, each.reason)) for each in self.failures]
        storage.put(self.url, "".join(lines).encode(), CSV_TYPE)


def _url(row: Transfer, name: str) -> str:
    return storage.address(config.settings().images_bucket, _key(row, name))


def _key(row: Transfer, name: str) -> str:
    return f"{PREFIX}/{row.store_id}/{row.id}/{name}"
