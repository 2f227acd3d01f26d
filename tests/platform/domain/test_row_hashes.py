"""Hashes of rows: the same values have the same hash, whichever server they were read from; others have another."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.row_hashes import hash_range, hash_row

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
