"""Rows as CSV: the header, the values of a line, and lines that read back as they were."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.csv_records import FilePosition, read_records
from chalicelib.platform.domain.csv_rows import InvalidHeader, LineParser, parse_header, row_line
from chalicelib.platform.domain.store_schema import ColumnKind, ColumnSchema, TableSchema
from chalicelib.platform.domain.store_values import canonical_json

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

plain_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
stored_texts = plain_texts.map(str.strip)
documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | plain_texts,
    lambda each: st.lists(each) | st.dictionaries(plain_texts, each),
    max_leaves=5,
).filter(lambda document: document is not None)
values = st.fixed_dictionaries(
    {
        "text": st.none() | stored_texts,
        "number": st.none() | st.integers(-(2**31), 2**31),
        "flag": st.none() | st.booleans(),
        "document": st.none() | documents.map(canonical_json),
        "amount": st.none() | st.just(Decimal("19.90")),
        "required": stored_texts.filter(bool),
    }
)


@given(values)
def test_a_line_reads_back_as_the_row_was(row: dict[str, Any]) -> None:
    line = row_line(SCHEMA, row | {"version": 3})
    [record] = read_records([line.encode()], FilePosition())
    assert LineParser(SCHEMA, tuple(COLUMNS)).parse(record.cells) == (row, [])


def test_an_empty_cell_leaves_out_what_is_never_null_and_columns_that_cannot_be_set_are_ignored() -> None:
    assert LineParser(SCHEMA, ("text", "required", "version")).parse((None, None, "9")) == ({"text": None}, [])


@pytest.mark.parametrize("cell", ["{", "NaN", "[" * 100_000, "'a'"])
def test_a_cell_that_is_no_json_is_an_error(cell: str) -> None:
    assert LineParser(SCHEMA, ("document",)).parse((cell,)) == ({}, [("document", "must be JSON")])


def test_numbers_and_flags_as_spreadsheets_write_them_are_read() -> None:
    read, _ = LineParser(SCHEMA, ("number", "flag", "amount")).parse((" 7", "TRUE", " 1.50 "))
    assert read == {"number": 7, "flag": True, "amount": Decimal("1.50")}
    _, errors = LineParser(SCHEMA, ("number", "flag")).parse(("7.0", "yes"))
    assert errors == [("number", "must be a whole number"), ("flag", "must be true or false")]


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
