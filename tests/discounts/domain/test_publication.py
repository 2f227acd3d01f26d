"""The comparison of a shop's discounts with its nodes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.discounts.domain.publication import Actual, Expected, Repairs, find_repairs
from chalicelib.discounts.enums import Publication


def expected(node_id: str | None = "n", *, content: str = "x", **fields: bool) -> Expected:
    publication = Publication.FAILED if fields.pop("failed", False) else Publication.PUBLISHED
    states = {"is_current": True, "needs_node": True, "is_paused": False, **fields}
    return Expected(node_id=node_id, publication=publication, content=content, **states)


def actual(node_id: str = "n", owner: str | None = "d", *, content: str = "x", is_ended: bool = False) -> Actual:
    return Actual(node_id, owner, is_ended, content)


def test_equal_sides_need_no_repair() -> None:
    assert find_repairs({"d": expected()}, [actual()]) == Repairs([], [])


def test_differences_are_published() -> None:
    nothing: list[Actual] = []
    for discount, nodes in (
        (expected(), nothing),
        (expected(), [actual(content="changed")]),
        (expected(is_current=False), [actual()]),
        (expected(failed=True), [actual()]),
        (expected(is_paused=True, needs_node=False), [actual()]),
        (expected(None), [actual()]),
    ):
        assert find_repairs({"d": discount}, nodes) == Repairs(["d"], [])


def test_a_discount_that_is_not_in_force_needs_no_node() -> None:
    assert find_repairs({"d": expected(None, needs_node=False)}, []) == Repairs([], [])
    paused = expected(is_paused=True, needs_node=False)
    assert find_repairs({"d": paused}, [actual(is_ended=True, content="other")]) == Repairs([], [])


@given(
    st.lists(st.tuples(st.sampled_from("nmo"), st.sampled_from(["d", "gone", None])), unique_by=lambda each: each[0])
)
def test_only_nodes_without_a_discount_and_second_ones_are_deleted(found: list[tuple[str, str | None]]) -> None:
    repairs = find_repairs({"d": expected("n")}, [actual(node_id, owner) for node_id, owner in found])
    has_current = ("n", "d") in found
    deleted = {node_id for node_id, owner in found if owner != "d" or (has_current and node_id != "n")}
    assert set(repairs.nodes) == deleted
    assert repairs.discounts == ([] if has_current else ["d"])
