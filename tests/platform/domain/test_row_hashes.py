"""Hashes of rows: the same values have the same hash, whichever server they were read from; others have another."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.row_hashes import hash_range, hash_row, hash_texts
from chalicelib.platform.domain.store_schema import ColumnKind

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decimal("1.5"), Decimal("1.5000")),
        (Decimal("0.0000"), Decimal(-0)),
        (Decimal("1E+3"), Decimal(1000)),
        (datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), datetime(2026, 1, 1, tzinfo=UTC)),
        ({"a": 1, "b": 1.0}, {"b": 1, "a": 1}),
        ([1e16, -0.0, 10**300], [10**16, 0, 1e300]),
        ([2**64], [float(2**64)]),
    ],
)
def test_the_same_value_has_the_same_hash_on_every_server(one: Any, other: Any) -> None:
    assert hash_row([one]) == hash_row([other])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a", "b"], ["ab", ""]),
        ([None], [""]),
        ([None], ["null"]),
        ([1], ["1"]),
        ([Decimal("1.00001")], [Decimal(1)]),
        (["\u00e9"], ["e\u0301"]),
        (["a"], ["a "]),
        ([datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)], [datetime(2026, 1, 1, tzinfo=UTC)]),
        ([{"a": "1"}], [{"a": 1}]),
        ([[1, 2]], [[2, 1]]),
        ([[0.1]], [[0.1 + 1e-17 * 8]]),
    ],
)
def test_another_value_has_another_hash(one: list[Any], other: list[Any]) -> None:
    assert hash_row(one) != hash_row(other)


@given(JSON_VALUES)
def test_a_json_value_keeps_its_hash_through_text(value: Any) -> None:
    assert hash_row([[value]]) == hash_row([json.loads(json.dumps([value]))])


def test_the_hash_of_a_range_depends_on_the_order_of_its_rows() -> None:
    rows = [hash_row(["a"]), hash_row(["b"])]
    assert hash_range(rows) != hash_range(reversed(rows))
    assert hash_range([]) != hash_range(rows)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (ColumnKind.TEXT, None, None),
        (ColumnKind.TEXT, "null", "null"),
        (ColumnKind.INTEGER, "-100", -100),
        (ColumnKind.MONEY, "0.0000", Decimal("0.0000")),
        (ColumnKind.MONEY, "-1200.5000", Decimal("-1200.5")),
        (ColumnKind.MONEY, "100.0000", Decimal("1E+2")),
        (ColumnKind.BOOLEAN, "true", True),
        (ColumnKind.BOOLEAN, "false", False),
        (ColumnKind.TIME, "1000-01-01T00:00:00.000001+00:00 AD", datetime(1000, 1, 1, microsecond=1, tzinfo=UTC)),
        (ColumnKind.JSON, "null", None),
        (ColumnKind.JSON, '"text"', "text"),
        (ColumnKind.JSON, "1", 1),
        (ColumnKind.JSON, '{"b": [1.0, -0.0, 1e300], "a": true}', {"a": True, "b": [1, 0, 10**300]}),
    ],
)
def test_a_text_of_postgresql_has_the_hash_of_its_value(kind: ColumnKind, text: str | None, value: Any) -> None:
    assert hash_texts([kind], [text]) == hash_row([value])


def test_a_time_before_christ_has_another_hash() -> None:
    one, other = (f"0044-03-15T00:00:00.000000+00:00 {era}" for era in ("AD", "BC"))
    assert hash_texts([ColumnKind.TIME], [one]) != hash_texts([ColumnKind.TIME], [other])
