"""Identifiers."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from chalicelib.kit import ids

SPACE = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"


def test_new_ids_are_uuids_that_differ() -> None:
    new_ids = {ids.new() for _ in range(1000)}
    assert len(new_ids) == 1000
    assert {uuid.UUID(text).version for text in new_ids} == {4}


def test_time_ordered_ids_sort_by_creation() -> None:
    new_ids = [ids.time_ordered() for _ in range(5000)]
    assert new_ids == sorted(set(new_ids))
    assert {(uuid.UUID(text).variant, int(text[14], 16)) for text in new_ids} == {(uuid.RFC_4122, 7)}


def test_derived_ids_follow_from_their_parts() -> None:
    # Python's documentation of uuid5 gives this value for the DNS name space.
    assert ids.derived(SPACE, "python.org") == "886313e1-3b8a-5372-9b90-0c9aee199e5d"
    assert ids.derived(SPACE, "a", "b") == ids.derived(SPACE, "a", "b")
    assert len({ids.derived(SPACE, "a", "b"), ids.derived(SPACE, "ab"), ids.derived(SPACE, "b", "a")}) == 3


def test_a_time_ordered_id_of_a_time_sorts_by_it_and_names_it() -> None:
    first = datetime(2027, 3, 10, 12, 0, 0, 123_456, tzinfo=UTC)
    later = [first + timedelta(microseconds=number) for number in range(1_000)]
    new_ids = [ids.time_ordered_at(moment) for moment in later]
    assert new_ids == sorted(new_ids)
    assert ids.time_of(new_ids[0]) == first.replace(microsecond=123_000)
    assert uuid.UUID(new_ids[0]).version == 7
    assert len({ids.time_ordered_at(first) for _ in range(100)}) == 100
