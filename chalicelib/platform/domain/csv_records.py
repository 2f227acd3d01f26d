"""Records of a CSV file (RFC 4180), with line numbers and byte offsets, so that reading can resume at any record. Pure.

Every record is returned exactly once; a malformed one has an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MAX_RECORD = 1024 * 1024
"""The maximum size of a record, in bytes. A longer record most likely has an unclosed quote."""
_QUOTED = re.compile(rb'"((?>[^"]*(?:""[^"]*)*))"(,|\r?\n|\r?\Z)')
_PLAIN = re.compile(rb"([^,\n]*)(,|\n|\Z)")
_CLOSED = re.compile(rb'"(?>[^"]*(?:""[^"]*)*)"')


class RecordTooLong(ValueError):
    """A record is longer than MAX_RECORD. `line` is its first line."""

    def __init__(self, line: int) -> None:
        super().__init__(f"The row in line {line} is larger than 1 MB; is a quote not closed?")
        self.line = line


class FilePosition(NamedTuple):
    """A position between two records: bytes from the start of the file, and the number of the next line, from 1."""

    offset: int = 0
    line: int = 1


class CsvRecord(NamedTuple):
    """A record. `cells` has None for an empty cell without quotes. `error` says why the record cannot be used.

    A blank line is a record without cells and without an error. `line` is its first line, `end` the position after it.
    """

    line: int
    end: FilePosition
    cells: tuple[str | None, ...] = ()
    error: str | None = None


def read_records(blocks: Iterable[bytes], start: FilePosition) -> Iterator[CsvRecord]:
    """Yield the records of a file from blocks of its bytes that begin at `start`. Raises RecordTooLong."""
    buffer, position, at = b"", start, 0
    for block, is_last in _with_last(blocks):
        buffer, at = buffer[at:] + block, 0
        while at < len(buffer):
            record = _read_plain(buffer, at, position) or _read_record(buffer, at, position, is_last=is_last)
            if record is None:
                if len(buffer) - at > MAX_RECORD:
                    raise RecordTooLong(position.line)
                break
            if record.end.offset - position.offset > MAX_RECORD:
                raise RecordTooLong(position.line)
            at += record.end.offset - position.offset
            position = record.end
            yield record


def _with_last(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield the blocks, each with whether it is the last one."""
    iterator = iter(blocks)
    block = next(iterator, b"")
    for following in iterator:
        yield block, False
        block = following
    yield block, True


def _read_plain(buffer: bytes, at: int, start: FilePosition) -> CsvRecord | None:
    """Return the record that begins at `at` if it is a line in UTF-8 without a quote, as most are."""
    end = buffer.find(b"\n", at) + 1
    if not end or buffer.find(b'"', at, end) >= 0:
        return None
    try:
        line = buffer[at : end - 1].removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        return None
    position = FilePosition(start.offset + end - at, start.line + 1)
    return CsvRecord(start.line, position, tuple(cell or None for cell in line.split(",")) if line else ())


def _read_record(buffer: bytes, at: int, start: FilePosition, *, is_last: bool) -> CsvRecord | None:
    """Return the record that begins at `at`; None if its end is not in the buffer."""
    cells: list[str | None] = []
    position, error, ending = at, None, b","
    while ending == b",":
        is_quoted = buffer.startswith(b'"', position)
        match = (_QUOTED if is_quoted else _PLAIN).match(buffer, position)
        if match is None:
            closed = _CLOSED.match(buffer, position)
            if closed is None:
                position, ending, error = len(buffer), b"", "a quote is not closed before the end of the file"
            else:
                position, ending = _line_end(buffer, closed.end())
                error = "has text after a closing quote"
        else:
            position, ending = match.end(), match[2]
            error = error or _add_cell(cells, match[1], is_quoted=is_quoted, is_last=ending != b",")
    if not ending.endswith(b"\n") and not is_last:
        return None
    end = FilePosition(start.offset + position - at, start.line + buffer.count(b"\n", at, position))
    if error:
        return CsvRecord(start.line, end, (), error)
    return CsvRecord(start.line, end, () if cells == [None] else tuple(cells))


def _line_end(buffer: bytes, position: int) -> tuple[int, bytes]:
    """Return the end of the line at a position, and the line's ending, which is empty if the buffer ends before it."""
    found = buffer.find(b"\n", position)
    return (len(buffer), b"") if found < 0 else (found + 1, b"\n")


def _add_cell(cells: list[str | None], content: bytes, *, is_quoted: bool, is_last: bool) -> str | None:
    """Add a cell. Returns why it cannot be read, or None."""
    if is_quoted:
        content = content.replace(b'""', b'"') if b'""' in content else content
    elif is_last:
        content = content.removesuffix(b"\r")
    try:
        cells.append(content.decode() if content or is_quoted else None)
    except UnicodeDecodeError:
        return f"the value {len(cells) + 1} is not UTF-8"
    return None
