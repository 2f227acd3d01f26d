"""Pagination cursors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit import pagination, signing
from chalicelib.kit.errors import InvalidInput
from chalicelib.kit.pagination import PageRequest, PageResult, paginate_sorted

KEYS = st.dictionaries(st.text(max_size=5), st.dictionaries(st.sampled_from(["S", "N"]), st.text(max_size=9)))


@given(KEYS, st.text())
def test_a_cursor_round_trips(key: dict[str, Any], query: str) -> None:
    cursor = pagination.encode(key, query)
    assert pagination.decode(cursor, query) == key


@given(KEYS, st.text(), st.text())
def test_a_cursor_is_bound_to_its_query(key: dict[str, Any], one: str, other: str) -> None:
    cursor = pagination.encode(key, one)
    if one != other:
        with pytest.raises(InvalidInput):
            pagination.decode(cursor, other)


def test_the_last_page_has_no_cursor() -> None:
    assert pagination.encode(None, "q") is None
    assert pagination.decode(None, "q") is None


def test_a_token_of_another_purpose_is_no_cursor() -> None:
    cursor = pagination.encode({"id": {"S": "1"}}, "q")
    assert cursor is not None
    data = signing.verify("cursor", cursor)
    assert data is not None
    with pytest.raises(InvalidInput):
        pagination.decode(signing.sign("state", data), "q")


def test_a_page_can_be_mapped_and_keeps_its_cursor() -> None:
    assert PageResult([1, 2], {"id": {"S": "2"}}).map(str) == PageResult(["1", "2"], {"id": {"S": "2"}})


@given(places=st.lists(st.integers(0, 5), max_size=30), limit=st.integers(1, 7))
def test_a_sorted_list_is_paginated_completely_and_in_order(places: list[int], limit: int) -> None:
    rows = [(place, f"{number:02}") for number, place in enumerate(places)]
    seen_items: list[tuple[int, str]] = []
    page = PageRequest(limit)
    while True:
        result = paginate_sorted(rows, page, key=lambda row: row)
        seen_items += result.items
        if result.last_key is None:
            break
        assert len(result.items) == limit
        page = PageRequest(limit, json.loads(json.dumps(result.last_key)))
    assert seen_items == sorted(rows)
