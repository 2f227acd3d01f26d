"""The location of each line, and the pieces that an order reserves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.store_stock import StockLevel, StockLine, choose_locations, pieces_by_key
from chalicelib.platform.errors import OutOfStock

lines = st.lists(
    st.builds(
        StockLine, st.sampled_from(["p1", "p2", "p3"]), st.integers(1, 4), st.sampled_from([None, "east", "west"])
    ),
    min_size=1,
    max_size=6,
)
levels = st.dictionaries(
    st.tuples(st.sampled_from(["p1", "p2"]), st.sampled_from(["east", "north", "west"])),
    st.integers(0, 8).flatmap(lambda quantity: st.tuples(st.just(quantity), st.integers(0, quantity))),
).map(lambda rows: [StockLevel(*key, *pieces) for key, pieces in rows.items()])


def test_the_named_location_is_taken():
    rows = [StockLevel("p", "east", 5, 0), StockLevel("p", "west", 5, 0)]
    assert choose_locations([StockLine("p", 2, "west")], rows) == ["west"]


def test_the_first_location_by_name_with_enough_is_taken():
    rows = [StockLevel("p", "west", 9, 0), StockLevel("p", "north", 9, 0), StockLevel("p", "east", 9, 8)]
    assert choose_locations([StockLine("p", 2)], rows) == ["north"]


def test_a_product_without_rows_is_not_tracked():
    assert choose_locations([StockLine("q", 100), StockLine("q", 1, "west")], [StockLevel("p", "west", 1, 0)]) == [
        None,
        None,
    ]


def test_a_tracked_product_without_a_row_at_the_named_location_is_out_of_stock():
    with pytest.raises(OutOfStock):
        choose_locations([StockLine("p", 1, "east")], [StockLevel("p", "west", 9, 0)])


def test_a_line_is_not_split_over_two_locations():
    with pytest.raises(OutOfStock) as refusal:
        choose_locations(
            [StockLine("q", 1), StockLine("p", 3)], [StockLevel("p", "east", 2, 0), StockLevel("p", "west", 2, 0)]
        )
    assert [error["path"] for error in refusal.value.errors] == ["body.items.1"]


def test_lines_that_name_a_location_choose_first():
    rows = [StockLevel("p", "east", 2, 0), StockLevel("p", "west", 2, 0)]
    assert choose_locations([StockLine("p", 2), StockLine("p", 2, "east")], rows) == ["west", "east"]


@given(lines, levels)
def test_no_location_gives_more_than_it_has(lines, levels):
    try:
        locations = choose_locations(lines, levels)
    except OutOfStock:
        return
    chosen = [StockLine(line.product_id, line.quantity, at) for line, at in zip(lines, locations, strict=True)]
    available = {level.key: level.quantity - level.reserved for level in levels}
    pieces = pieces_by_key(chosen)
    assert all(count <= available[key] for key, count in pieces.items())
    tracked = {level.product_id for level in levels}
    assert all((line.location is not None) == (line.product_id in tracked) for line in chosen)
    assert all(line.location in (None, at) for line, at in zip(lines, locations, strict=True) if at is not None)
    assert list(pieces) == sorted(pieces)
    assert sum(pieces.values()) == sum(line.quantity for line in chosen if line.location)


@given(lines, levels)
def test_a_line_that_fits_alone_is_refused_only_beside_others(lines, levels):
    for line in lines:
        fits = [
            level
            for level in levels
            if level.product_id == line.product_id
            and level.quantity - level.reserved >= line.quantity
            and line.location in (None, level.location)
        ]
        is_tracked = any(level.product_id == line.product_id for level in levels)
        if is_tracked and not fits:
            with pytest.raises(OutOfStock):
                choose_locations([line], levels)
        else:
            assert choose_locations([line], levels) == [min((level.location for level in fits), default=None)]
