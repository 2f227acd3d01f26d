"""Rows of backups: every value comes back as it was, whatever it holds."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.backup_rows import NULL, decode_row, encode_row
from chalicelib.platform.domain.store_schema import ColumnKind, ColumnSchema

_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
_VALUES: dict[ColumnKind, st.SearchStrategy[Any]] = {
    ColumnKind.TEXT: st.one_of(_TEXTS, st.sampled_from(["", "\\N", "\\\\N", "\\", "a\r\nb", '"', ",", "\r"])),
    ColumnKind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    ColumnKind.MONEY: st.decimals("-999999999999999.9999", "999999999999999.9999", places=4),
    ColumnKind.BOOLEAN: st.booleans(),
    ColumnKind.TIME: st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC)),
    ColumnKind.JSON: st.recursive(
        st.one_of(st.booleans(), st.integers(-(2**53), 2**53), st.floats(-1e9, 1e9), _TEXTS),
        lambda children: st.one_of(st.lists(children), st.dictionaries(_TEXTS, children)),
        max_leaves=5,
    ),
}
COLUMNS = [ColumnSchema(kind.value, kind, is_nullable=True) for kind in _VALUES]


@given(st.fixed_dictionaries({kind.value: st.one_of(st.none(), values) for kind, values in _VALUES.items()}))
def test_a_row_comes_back_from_csv_as_it_was(row: dict[str, Any]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(encode_row(COLUMNS, row))
    [fields] = csv.reader(io.StringIO(text.getvalue(), newline=""), strict=True)
    assert decode_row(COLUMNS, fields) == row
    assert encode_row(COLUMNS, decode_row(COLUMNS, fields)) == encode_row(COLUMNS, row)


@pytest.mark.parametrize(
    ("one", "other"), [(1, 1.0), (-0.0, 0), ({"a": 1, "b": 2.0}, {"b": 2, "a": 1}), ([1e3], [1000]), (1e300, 10**300)]
)
def test_documents_of_equal_value_have_one_text(one: Any, other: Any) -> None:
    column = ColumnSchema("value", ColumnKind.JSON, is_nullable=False)
    assert encode_row([column], {"value": one}) == encode_row([column], {"value": other})


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (ColumnKind.BOOLEAN, "1"),
        (ColumnKind.INTEGER, "one"),
        (ColumnKind.MONEY, "NaN"),
        (ColumnKind.MONEY, ""),
        (ColumnKind.TIME, "yesterday"),
        (ColumnKind.JSON, "{"),
    ],
)
def test_a_field_that_is_none_of_ours_is_refused(kind: ColumnKind, field: str) -> None:
    with pytest.raises(ValueError):
        decode_row([ColumnSchema("value", kind, is_nullable=True)], [field])


def test_a_row_with_another_number_of_fields_is_refused() -> None:
    with pytest.raises(ValueError, match="number of fields"):
        decode_row(COLUMNS, [NULL])


def test_amounts_have_four_decimals_and_times_microseconds() -> None:
    row = {kind.value: None for kind in _VALUES} | {
        "decimal": Decimal("1.5"),
        "datetime": datetime(2026, 1, 2, tzinfo=UTC),
    }
    assert encode_row(COLUMNS, row)[2] == "1.5000"
    assert encode_row(COLUMNS, row)[4] == "2026-01-02T00:00:00.000000+00:00"
