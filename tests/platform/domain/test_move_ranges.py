"""Key ranges of a move: what a repair does, and where a pass stands."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.move_ranges import MovePosition, compare_range, last_key

ROWS = st.dictionaries(st.tuples(st.text(max_size=2)), st.binary(max_size=1), max_size=8)


@given(source=ROWS, target=ROWS)
def test_a_repair_makes_both_sides_equal(
    source: dict[tuple[str, ...], bytes], target: dict[tuple[str, ...], bytes]
) -> None:
    repair = compare_range(source, target)
    repaired = {key: digest for key, digest in target.items() if key not in repair.deleted}
    repaired |= {key: source[key] for key in [*repair.updated, *repair.inserted]}
    assert repaired == source
    assert bool(repair) == (source != target)


@given(st.lists(st.booleans(), max_size=30))
def test_a_position_survives_its_note(ends: list[bool]) -> None:
    position = MovePosition()
    for number, is_last in enumerate(ends):
        position = position.passed(None if is_last else (f"k{number}",), 3, is_repaired=is_last)
        assert MovePosition.read(json.loads(json.dumps(position.to_note()))) == position
    assert (position.table, position.ranges, position.repairs) == (sum(ends), len(ends), sum(ends))
    assert sum(position.rows) == 3 * len(ends)
    assert (position.next_round().round, position.next_round().repairs) == (position.round + 1, 0)


def test_a_range_that_fills_its_limit_may_have_a_successor() -> None:
    assert last_key([("a",), ("b",)], 2) == ("b",)
    assert last_key([("a",)], 2) is None
    assert last_key([], 2) is None
