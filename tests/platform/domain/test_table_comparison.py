"""Comparison of existing tables with those of the data API."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.table_comparison import Column, ColumnType, Family, TableShape, compare_table

TEXT, AMOUNT = ColumnType(Family.TEXT, 100), ColumnType(Family.DECIMAL, 19, 4)
TABLE = TableShape(
    "products",
    (
        Column("id", ColumnType(Family.UUID), False, True),
        Column("sku", TEXT, True, False),
        Column("price", AMOUNT, False, True),
    ),
    ("id",),
    frozenset({("sku",)}),
    {("owner_id",): "owners"},
)
TYPES = st.builds(ColumnType, st.sampled_from(Family), st.none() | st.integers(1, 64), st.none() | st.integers(0, 8))
COLUMNS = st.builds(Column, st.sampled_from("abcdef"), TYPES, st.booleans(), st.booleans())
SHAPES = st.builds(
    TableShape,
    st.just("products"),
    st.lists(COLUMNS, unique_by=lambda column: column.name).map(tuple),
    st.just(("a",)),
    st.frozensets(st.sampled_from([("b",), ("b", "c")])),
    st.dictionaries(st.sampled_from([("d",), ("e",)]), st.sampled_from(["owners", "products"])),
)


def with_column(**changes: object) -> TableShape:
    """Return the table with a changed column `sku`."""
    columns = [replace(each, **changes) if each.name == "sku" else each for each in TABLE.columns]  # type: ignore[arg-type]
    return replace(TABLE, columns=tuple(columns))


@given(SHAPES)
def test_a_table_fits_itself(shape: TableShape) -> None:
    assert compare_table(shape, shape) == []


@given(SHAPES, SHAPES)
def test_a_table_that_fits_has_every_column_and_key(expected: TableShape, present: TableShape) -> None:
    if compare_table(expected, present) == []:
        names = {column.name for column in present.columns}
        assert {column.name for column in expected.columns} <= names
        assert expected.unique_keys <= present.unique_keys | {present.primary_key}
        assert expected.foreign_keys.items() <= present.foreign_keys.items()


@pytest.mark.parametrize(
    ("present", "problem"),
    [
        (replace(TABLE, columns=TABLE.columns[:1] + TABLE.columns[2:]), "missing_column"),
        (with_column(type=ColumnType(Family.JSON)), "other_type"),
        (with_column(type=ColumnType(Family.TEXT, 99)), "narrower_type"),
        (with_column(is_nullable=False), "not_null"),
        (replace(TABLE, columns=(*TABLE.columns, Column("more", TEXT, False, True))), "required_column"),
        (replace(TABLE, primary_key=("sku",)), "primary_key"),
        (replace(TABLE, unique_keys=frozenset()), "missing_unique_key"),
        (replace(TABLE, foreign_keys={("owner_id",): "customers"}), "missing_foreign_key"),
    ],
)
def test_each_difference_is_named(present: TableShape, problem: str) -> None:
    assert problem in [difference.problem for difference in compare_table(TABLE, present)]


@pytest.mark.parametrize(
    "present",
    [
        with_column(type=ColumnType(Family.TEXT)),
        with_column(type=ColumnType(Family.TEXT, 101)),
        replace(TABLE, columns=(*TABLE.columns, Column("more", TEXT, False, False))),
        replace(TABLE, unique_keys=frozenset({("sku",), ("more",)})),
    ],
)
def test_wider_tables_fit(present: TableShape) -> None:
    assert compare_table(TABLE, present) == []


@pytest.mark.parametrize(
    ("digits", "scale", "fits"),
    [(19, 4, True), (20, 4, True), (21, 6, True), (19, 5, False), (19, 2, False), (None, None, True)],
)
def test_a_decimal_needs_its_digits_on_both_sides_of_the_point(
    digits: int | None, scale: int | None, fits: bool
) -> None:
    price = Column("price", ColumnType(Family.DECIMAL, digits, scale), False, True)
    assert (compare_table(TABLE, replace(TABLE, columns=(*TABLE.columns[:2], price))) == []) is fits
