"""Values of columns: what is accepted, and the texts that cursors hold."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.store_categories import MAX_LEVELS, broken_categories, top_down
from chalicelib.platform.domain.store_filters import Wildcard, parse_filters
from chalicelib.platform.domain.store_schema import ColumnKind, ColumnSchema, TableSchema
from chalicelib.platform.domain.store_values import (
    canonical_json,
    parse_json_value,
    parse_text_value,
    render_amount,
    render_text,
)

MOMENTS = st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))
AMOUNTS = st.decimals(min_value=-(10**14), max_value=10**14, places=4, allow_nan=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50).map(str.strip)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(TEXTS, children, max_size=3),
    max_leaves=8,
)


def column(kind: ColumnKind, **options: Any) -> ColumnSchema:
    return ColumnSchema("c", kind, True, **options)


@given(
    st.one_of(
        *(
            st.tuples(st.just(kind), values)
            for kind, values in (
                (ColumnKind.TIME, MOMENTS),
                (ColumnKind.MONEY, AMOUNTS),
                (ColumnKind.TEXT, TEXTS),
                (ColumnKind.INTEGER, st.integers(-(2**31), 2**31)),
                (ColumnKind.BOOLEAN, st.booleans()),
                (ColumnKind.ID, st.uuids().map(str)),
            )
        )
    )
)
def test_a_rendered_text_is_read_as_the_same_value(pair: tuple[ColumnKind, Any]) -> None:
    kind, value = pair
    text = render_text(column(kind), value)
    assert text is not None
    assert parse_text_value(column(kind), text) == value


@given(JSON)
def test_the_form_of_json_numbers_is_stable_and_survives_both_servers(value: Any) -> None:
    once = canonical_json(value)
    assert canonical_json(once) == once
    assert canonical_json(json.loads(json.dumps(once))) == once


@given(st.integers(0, 10**9))
def test_amounts_have_the_decimals_of_their_currency_or_more(units: int) -> None:
    for currency, decimals in (("JPY", 0), ("USD", 2), ("KWD", 3)):
        amount = Decimal(units).scaleb(-decimals)
        text = render_amount(amount.quantize(Decimal("0.0001")), currency)
        assert Decimal(text) == amount
        assert len(text.partition(".")[2]) == decimals
    assert render_amount(Decimal("1.0050"), "USD") == "1.005"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ColumnKind.INTEGER, True),
        (ColumnKind.INTEGER, 1.0),
        (ColumnKind.INTEGER, 2**31),
        (ColumnKind.MONEY, True),
        (ColumnKind.MONEY, 1.5),
        (ColumnKind.MONEY, "1.00000"),
        (ColumnKind.MONEY, "１"),
        (ColumnKind.BOOLEAN, 1),
        (ColumnKind.TEXT, "a\0"),
        (ColumnKind.TEXT, "\ud83c"),
        (ColumnKind.TEXT, 5),
        (ColumnKind.TIME, "2026-01-01T00:00:00"),
        (ColumnKind.TIME, "9999-12-31T23:59:59-10:00"),
        (ColumnKind.ID, "1"),
        (ColumnKind.JSON, [[[]]] * 2 + [float("inf")]),
    ],
)
def test_values_that_the_servers_would_read_differently_are_refused(kind: ColumnKind, value: Any) -> None:
    with pytest.raises(ValueError, match="must"):
        parse_json_value(column(kind, maximum=2**31 - 1), value)


def test_json_of_more_than_32_levels_is_refused() -> None:
    value: Any = 1
    for _ in range(31):
        value = [value]
    assert parse_json_value(column(ColumnKind.JSON), value) == value
    with pytest.raises(ValueError, match="32 levels"):
        parse_json_value(column(ColumnKind.JSON), [value])


def test_a_backslash_makes_the_next_character_of_a_pattern_plain() -> None:
    schema = TableSchema("t", {"c": column(ColumnKind.TEXT)}, ("c",))
    [parsed] = parse_filters(schema, {"c.like": "%a\\%b_\\\\"})
    assert parsed.value == (Wildcard.ANY, "a", "%", "b", Wildcard.ONE, "\\")
    assert [type(part) for part in parsed.value] == [Wildcard, str, str, str, Wildcard, str]


@given(st.dictionaries(st.integers(0, 14), st.none() | st.integers(0, 14)))
def test_a_tree_without_errors_has_no_cycle_and_at_most_ten_levels(numbers: dict[int, int | None]) -> None:
    parents = {str(child): None if parent is None else str(parent) for child, parent in numbers.items()}
    broken = broken_categories(parents, parents)
    if broken:
        return
    order = top_down(parents, parents)
    for category in parents:
        parent, levels = parents[category], 1
        while parent is not None:
            levels += 1
            assert parent not in order or order.index(parent) < order.index(category)
            parent = parents.get(parent)
        assert levels <= MAX_LEVELS
