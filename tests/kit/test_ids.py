"""Identifiers."""

from __future__ import annotations

import uuid

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
