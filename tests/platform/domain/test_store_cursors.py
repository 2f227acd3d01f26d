"""Positions in lists: every value that a column of a database may hold comes back from a cursor as it was."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.store_cursors import parse_position, position_of
from chalicelib.platform.domain.store_filters import SortKey
from chalicelib.platform.domain.store_schema import ColumnKind, ColumnSchema, TableSchema

VALUES: dict[ColumnKind, st.SearchStrategy[Any]] = {
    ColumnKind.ID: st.uuids().map(str) | st.uuids().map(lambda value: str(value).upper()),
    ColumnKind.TEXT: st.text(),
    ColumnKind.INTEGER: st.integers(-(2**63), 2**63),
    ColumnKind.MONEY: st.decimals(allow_nan=False, allow_infinity=False),
    ColumnKind.BOOLEAN: st.booleans(),
    ColumnKind.TIME: st.datetimes(timezones=st.just(UTC)),
}
SCHEMA = TableSchema(
    "t", {kind.value: ColumnSchema(kind.value, kind, True, max_length=5, maximum=9) for kind in VALUES}, ("id",)
)
SORT = [SortKey(kind.value, False) for kind in VALUES]


@given(st.fixed_dictionaries({kind.value: st.none() | values for kind, values in VALUES.items()}))
def test_a_position_is_read_as_it_was_also_of_values_that_no_request_may_set(row: dict[str, Any]) -> None:
    assert parse_position(SCHEMA, position_of(SCHEMA, row, SORT), SORT) == tuple(row[key.column] for key in SORT)
