"""CSV, read by the csv module."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit import csv_lines

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1), max_size=5))
def test_cells_round_trip_and_are_never_formulas(rows: list[list[str]]) -> None:
    text = "".join(csv_lines.line(row) for row in rows)
    csv_rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert len(csv_rows) == len(rows)
    for was, cells in zip(rows, csv_rows, strict=True):
        assert [cell.removeprefix("'") for cell in cells] == [cell.removeprefix("'") for cell in was]
        assert not any(cell.startswith(FORMULAS) for cell in cells)


def test_a_line_ends_with_crlf_and_none_is_an_empty_cell() -> None:
    assert csv_lines.line(["a", None, 'x "y", z', -1]) == 'a,,"x ""y"", z",-1\r\n'


@pytest.mark.parametrize("first", FORMULAS)
def test_a_formula_gets_an_apostrophe(first: str) -> None:
    [[cell]] = csv.reader(io.StringIO(csv_lines.line([f"{first}1+1"]), newline=""))
    assert cell == f"'{first}1+1"
