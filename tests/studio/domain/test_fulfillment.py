"""The lines to print follow from the messages, in any order and number."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial, reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.studio.domain import fulfillment
from chalicelib.studio.domain.fulfillment import OrderFacts

A, B = "gid://shopify/LineItem/1", "gid://shopify/LineItem/2"
Step = Callable[[OrderFacts], OrderFacts]

paid: Step = partial(fulfillment.add_payment, quantities={A: 2, B: 1})


def refund(number: int, **lines: int) -> Step:
    quantities = {{"a": A, "b": B}[name]: quantity for name, quantity in lines.items()}
    return partial(fulfillment.add_refund, refund=f"r{number}", quantities=quantities)


def edit(a: int, b: int) -> Step:
    return partial(fulfillment.add_edit, quantities={A: a, B: b})


STEPS: list[Step] = [
    paid,
    refund(1, a=1),
    refund(2, a=1),
    refund(3, b=1),
    edit(2, 0),
    edit(1, 1),
    fulfillment.add_cancellation,
]


def apply_steps(steps: list[Step]) -> OrderFacts:
    return reduce(lambda facts, step: step(facts), steps, OrderFacts())


@given(
    st.lists(st.sampled_from(STEPS), max_size=6).flatmap(
        lambda steps: st.tuples(st.just(steps), st.permutations(steps * 2))
    )
)
def test_the_order_and_number_of_steps_do_not_matter(case: tuple[list[Step], list[Step]]) -> None:
    steps, shuffled = case
    assert apply_steps(steps) == apply_steps(shuffled)


@given(st.lists(st.sampled_from(STEPS), max_size=6))
def test_an_unwanted_line_stays_unwanted(steps: list[Step]) -> None:
    facts, gone = OrderFacts(), set[str]()
    for step in steps:
        facts = step(facts)
        unwanted = {line for line in (A, B) if not fulfillment.is_line_wanted(facts, line)}
        assert gone <= unwanted
        gone = unwanted


@given(st.lists(st.sampled_from(STEPS), max_size=6))
def test_the_stored_row_keeps_all_facts(steps: list[Step]) -> None:
    facts = apply_steps(steps)
    assert fulfillment.from_json(json.loads(json.dumps(fulfillment.to_json(facts)))) == facts


@pytest.mark.parametrize(
    ("steps", "a", "b", "status"),
    [
        ([], True, True, None),
        ([paid], True, True, "paid"),
        ([paid, refund(1, a=1)], True, True, "partially_refunded"),
        ([refund(1, a=2), paid], False, True, "partially_refunded"),
        ([paid, refund(1, a=1), refund(1, a=1)], True, True, "partially_refunded"),
        ([paid, refund(1, a=2, b=1)], False, False, "refunded"),
        ([paid, edit(2, 0)], True, False, "paid"),
        ([fulfillment.add_cancellation, paid], False, False, "cancelled"),
    ],
)
def test_each_case_has_the_expected_lines(steps: list[Step], a: bool, b: bool, status: str | None) -> None:
    facts = apply_steps(steps)
    assert [fulfillment.is_line_wanted(facts, line) for line in (A, B)] == [a, b]
    assert fulfillment.order_status(facts) == status


def test_a_later_partial_refund_loses_no_line() -> None:
    """As one page, fetched after downtime."""
    whole = partial(fulfillment.add_refund, refund="r1", quantities={A: 2, B: 1})
    part = partial(fulfillment.add_refund, refund="r1", quantities={A: 2})
    assert apply_steps([paid, whole, part]) == apply_steps([paid, part, whole]) == apply_steps([paid, whole])
