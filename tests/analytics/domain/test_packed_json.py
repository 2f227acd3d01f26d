from __future__ import annotations

import uuid

from chalicelib.analytics.domain.packed_json import MAX_BYTES, pack, pack_lists, unpack


def test_packed_value_is_deterministic_and_reversible() -> None:
    value = {"pages": [["/ä", 3]]}

    assert unpack(pack(value)) == value
    assert pack(value) == pack(value)


def test_longest_list_loses_its_tail_beyond_the_limit() -> None:
    lists = {"pages": [[str(uuid.uuid4()) * 3, 1] for _ in range(200)], "devices": [["mobile", 2]]}

    packed = pack_lists(lists)

    kept = unpack(packed)
    assert len(packed) <= MAX_BYTES
    assert kept["devices"] == [["mobile", 2]]
    assert 0 < len(kept["pages"]) < 200
    assert kept["pages"] == lists["pages"][: len(kept["pages"])]
