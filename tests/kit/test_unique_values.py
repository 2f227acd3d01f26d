"""Unique values."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit import clock, unique_values
from chalicelib.kit.errors import Conflict
from chalicelib.kit.tables import Transaction

NAME = unique_values.value_key("discounts", "discounts", "code", "a.myshopify.com", "SUMMER")


def claim(owner: str, **options: object) -> bool:
    try:
        with Transaction() as transaction:
            unique_values.claim(transaction, NAME, owner, Conflict("taken"), **options)  # type: ignore[arg-type]
    except Conflict:
        return False
    return True


def release(owner: str) -> None:
    with Transaction() as transaction:
        unique_values.release(transaction, NAME, owner)


def test_a_value_has_one_owner() -> None:
    assert unique_values.owner_of(NAME) is None
    assert claim("one")
    assert not claim("two")
    assert claim("one"), "the owner may claim it again"
    assert unique_values.owner_of(NAME) == "one"


def test_one_of_many_claims_wins() -> None:
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(claim, map(str, range(8))))
    assert won.count(True) == 1
    assert unique_values.owner_of(NAME) == str(won.index(True))


def test_only_the_owner_releases_a_value() -> None:
    claim("one")
    with pytest.raises(Conflict):
        release("two")
    release("one")
    release("one")
    assert claim("two")


def test_a_conflict_names_the_owner() -> None:
    claim("one")
    problem = Conflict("taken")
    with pytest.raises(Conflict) as error, Transaction() as transaction:
        unique_values.claim(transaction, NAME, "two", problem)
    assert error.value is problem
    assert problem.existing.owner == "one"


def test_a_claim_can_expire() -> None:
    now = clock.now()
    assert claim("one", until=now + timedelta(hours=1))
    assert not claim("two")
    assert claim("one", until=now - timedelta(hours=1))
    assert claim("two"), "the first claim has expired"


@given(st.lists(st.text(), min_size=1, max_size=4), st.lists(st.text(), min_size=1, max_size=4))
def test_different_values_have_different_keys(one: list[str], other: list[str]) -> None:
    names = unique_values.value_key("c", "t", "f", *one), unique_values.value_key("c", "t", "f", *other)
    assert (names[0] == names[1]) == (one == other)
