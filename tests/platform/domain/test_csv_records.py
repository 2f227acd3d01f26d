"""Records of CSV files: every byte belongs to one record, whatever the blocks, and reading continues anywhere."""

from __future__ import annotations

import csv
import io
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.platform.domain.csv_records import (
    MAX_RECORD,
    CsvRecord,
    FilePosition,
    RecordTooLong,
    read_records,
)

START = FilePosition()
cells = st.text(st.sampled_from('a ,"\n\r;é🍵\0=\\'))
rows = st.lists(st.lists(cells, min_size=2, max_size=4), max_size=5)


def blocks(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def read(data: bytes, size: int = 1 << 20, start: FilePosition = START) -> list[CsvRecord]:
    return list(read_records(blocks(data[start.offset :], size), start))


@settings(deadline=None)
@given(rows, st.integers(1, 7), st.sampled_from(["\r\n", "\n"]))
def test_what_is_written_is_read_with_any_size_of_blocks(rows: list[list[str]], size: int, ending: str) -> None:
    output = io.StringIO()
    csv.writer(output, quoting=csv.QUOTE_ALL, lineterminator=ending).writerows(rows)
    records = read(output.getvalue().encode(), size)
    assert [list(record.cells) for record in records] == rows
    assert {record.error for record in records} <= {None}


@settings(deadline=None)
@given(st.binary(max_size=60) | st.lists(st.sampled_from([b'"', b",", b"\n", b"\r", b"a", b"\xff"])).map(b"".join))
def test_any_bytes_make_records_that_follow_each_other(data: bytes) -> None:
    records = read(data, 3)
    assert records == read(data)
    assert (records[-1].end.offset if records else 0) == len(data)
    for before, after in pairwise(records):
        assert after.line == before.end.line
        assert after.end.offset > before.end.offset


@settings(deadline=None)
@given(st.lists(st.sampled_from([b'"', b",", b"\n", b"a"])).map(b"".join), st.data())
def test_reading_continues_after_any_record(data: bytes, draw: st.DataObject) -> None:
    records = read(data)
    if records:
        position = draw.draw(st.integers(0, len(records) - 1))
        assert read(data, 4, records[position].end) == records[position + 1 :]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'a,"b"c\nx,y\n', [(1, "has text after a closing quote"), (2, None)]),
        (b'a,"b\nc"d\nx,y\n', [(1, "has text after a closing quote"), (3, None)]),
        (b'a,b\n"c,d\ne,f\n', [(1, None), (2, "a quote is not closed before the end of the file")]),
        (b"a,\xff\nx,y", [(1, "the value 2 is not UTF-8"), (2, None)]),
        (b'5" pipe,b\nx,y', [(1, None), (2, None)]),
    ],
)
def test_a_malformed_record_has_an_error_and_the_others_are_read(
    data: bytes, expected: list[tuple[int, str | None]]
) -> None:
    assert [(record.line, record.error) for record in read(data, 2)] == expected


def test_an_empty_cell_is_none_without_quotes_and_a_blank_line_has_no_cells() -> None:
    records = read(b'a,,""\r\n\r\n,\n')
    assert [record.cells for record in records] == [("a", None, ""), (), (None, None)]


def test_an_endless_record_is_refused_with_its_line() -> None:
    data = b"a\n" + b'"' + b"x" * MAX_RECORD + b'"\n'
    records = read_records(blocks(data, 1 << 16), START)
    assert next(records).cells == ("a",)
    with pytest.raises(RecordTooLong, match="line 2"):
        next(records)
