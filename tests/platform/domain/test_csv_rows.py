"""Rows as CSV: the header, the values of a line, and lines that read back as they were."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.platform.domain.csv_records import FilePosition, read_records
from chalicelib.platform.domain.csv_rows import InvalidHeader, parse_cells, parse_header, row_line
from chalicelib.platform.domain.store_schema import ColumnKind, ColumnSchema, TableSchema

KINDS = {
    "text": ColumnKind.TEXT,
    "number": ColumnKind.INTEGER,
    "flag": ColumnKind.BOOLEAN,
    "document": ColumnKind.JSON,
    "amount": ColumnKind.MONEY,
}
COLUMNS = {name: ColumnSchema(name, kind, is_nullable=True) for name, kind in KINDS.items()}
COLUMNS["required"] = ColumnSchema("required", ColumnKind.TEXT, is_nullable=False)
COLUMNS["version"] = ColumnSchema("version", ColumnKind.INTEGER, is_nullable=False)
SCHEMA = TableSchema("things", COLUMNS, ("text",))

documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    max_leaves=5,
).filter(lambda document: document is not None)
values = st.fixed_dictionaries(
    {
        "text": st.none() | st.text(st.characters(codec="utf-8")),
        "number": st.none() | st.integers(-(2**31), 2**31),
        "flag": st.none() | st.booleans(),
        "document": st.none() | documents,
        "amount": st.none() | st.just("19.90"),
        "required": st.text(st.characters(codec="utf-8"), min_size=1),
    }
)


@settings(deadline=None)
@given(values)
def test_a_line_reads_back_as_the_row_was(row: dict[str, Any]) -> None:
    line = row_line(SCHEMA, row | {"version": 3})
    [record] = read_records([line.encode()], FilePosition())
    assert parse_cells(SCHEMA, tuple(COLUMNS), record.cells) == (row, [])


def test_an_empty_cell_leaves_out_what_is_never_null_and_columns_that_cannot_be_set_are_ignored() -> None:
    body, errors = parse_cells(SCHEMA, ("text", "required", "version"), (None, None, "9"))
    assert (body, errors) == ({"text": None}, [])


@pytest.mark.parametrize("cell", ["{", "NaN", "[" * 100_000, "'a'"])
def test_a_cell_that_is_no_json_is_an_error(cell: str) -> None:
    assert parse_cells(SCHEMA, ("document",), (cell,)) == ({}, [("document", "must be JSON")])


def test_numbers_and_flags_as_spreadsheets_write_them_are_read() -> None:
    body, _ = parse_cells(SCHEMA, ("number", "flag", "amount"), (" 7", "TRUE", " 1.50 "))
    assert body == {"number": 7, "flag": True, "amount": "1.50"}
    body, _ = parse_cells(SCHEMA, ("number", "flag"), ("7.0", "yes"))
    assert body == {"number": "7.0", "flag": "yes"}, "the columns' checks refuse these"


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ((), "must name the columns"),
        (("text", None), "without a name"),
        (("text;number",), "separate the columns by commas"),
        (("text", "text "), "twice"),
        (("version",), "no column that an import can set"),
    ],
)
def test_a_header_that_names_no_columns_is_refused(cells: tuple[str | None, ...], message: str) -> None:
    with pytest.raises(InvalidHeader, match=message):
        parse_header(SCHEMA, cells)
