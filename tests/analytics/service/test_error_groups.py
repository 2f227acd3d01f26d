from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.analytics.domain.day_sql.errors import GROUP_LIMIT
from chalicelib.analytics.service.day_database import DayOptions, open_day
from tests.analytics.event_factories import lake_event, local, part_of
from tests.examples import examples


def groups(errors: Sequence[dict[str, Any] | None], visitors: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return the groups of these errors, raised a second apart, by these visitors."""
    events = [
        lake_event(f"2026-03-28 10:{number // 60 % 60:02}:{number % 60:02}", number, type="error", name="error")
        | {
            "data": json.dumps(data) if data is not None else None,
            "visitor": [*visitors, *["v1"] * len(errors)][number],
        }
        for number, data in enumerate(errors)
    ]
    with open_day(DayOptions("t", date(2026, 3, 28), local("2026-04-02 00:00"), {})) as database:
        database.load(None, [part_of(events)])
        database.unite()
        database.place_visits(None, None)
        return database.error_groups()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"fingerprint": "f", "type": "A"}, {"fingerprint": "f", "type": "B"}),
        ({"type": "A", "frames": [["m", "f"]], "message": "x"}, {"type": "A", "frames": [["m", "f"]], "message": "y"}),
        ({"type": "A", "message": "order 17 of 'Ann'"}, {"type": "A", "message": "order 2 of 'Bob'"}),
        ({"type": "A", "message": "at 0xdeadbeef"}, {"type": "A", "message": "at 0x12"}),
        (
            {"type": "A", "message": "no row 0b8f3c7e-52d4-4d4e-9f3e-0d4f1f2a3b4c", "frames": []},
            {"type": "A", "message": "no row 11111111-52d4-4d4e-9f3e-0d4f1f2a3b4c"},
        ),
    ],
)
def test_equal_errors_are_one_group_with_the_latest(one: dict[str, Any], other: dict[str, Any]) -> None:
    [group] = groups([one, other])

    assert (group["occurrences"], group["users_affected"]) == (2, 1)
    assert json.loads(group["data"]) == other
    assert group["last_ms"] - group["first_ms"] == 1_000


def test_errors_of_other_types_frames_or_messages_are_other_groups() -> None:
    errors = [{"type": "A", "message": "x"}, {"type": "B", "message": "x"}, {"type": "A", "message": "y"}, None]

    assert len(groups([*errors, {"type": "A", "message": "x", "frames": [["m", "f"]]}])) == 5


def test_groups_beyond_the_limit_are_counted_together() -> None:
    found = groups([{"fingerprint": f"f{number}"} for number in range(GROUP_LIMIT + 3)])

    assert len(found) == GROUP_LIMIT + 1
    assert [group["occurrences"] for group in found if group["fingerprint"] == "__other__"] == [3]


_WORDS = st.sampled_from(["lost", "row 17 of 3,000", "'Ann' lost", "at 0xdead", "deadbeef01 lost", '"x" lost', ""])
_FRAMES = st.sampled_from(
    [None, [], [["a", "f"]], [["a", "f"], ["/node_modules/b", "g"]], [["chalicelib.a", "f"], ["json", "g"]], "none"]
)
_ERRORS = st.fixed_dictionaries(
    {"type": st.sampled_from(["A", "B"]), "message": _WORDS, "frames": _FRAMES},
    optional={"fingerprint": st.sampled_from(["f", "g", "", "a***"])},
)


def shape_of(message: str) -> str:
    """Return a message without its variable parts; for the words above only."""
    shapes = {"row 17 of 3,000": "row # of #", "'Ann' lost": "T lost", '"x" lost': "T lost", "at 0xdead": "at H"}
    return shapes.get(message, message.replace("deadbeef01", "H"))


def identity_of(data: dict[str, Any]) -> tuple[Any, ...]:
    """Return what makes two errors the same, by the specification."""
    given = data.get("fingerprint")
    if given and "*" not in given:
        return (given,)
    frames = data["frames"] if isinstance(data["frames"], list) else []
    ours = [frame for frame in frames if frame[0].startswith("chalicelib.")]
    own = ours or [frame for frame in frames if "node_modules" not in frame[0]]
    return (data["type"], str(own) if own else shape_of(data["message"]))


@settings(max_examples=examples(10))
@given(st.lists(_ERRORS, max_size=25), st.lists(st.sampled_from(["v1", "v2", "v3"]), min_size=25, max_size=25))
def test_groups_equal_a_plain_recount(errors: list[dict[str, Any]], visitors: list[str]) -> None:
    expected: dict[tuple[Any, ...], list[int]] = {}
    for number, data in enumerate(errors):
        expected.setdefault(identity_of(data), []).append(number)
    recounted = [
        (len(numbers), len({visitors[number] for number in numbers}), numbers[0], numbers[-1], errors[numbers[-1]])
        for numbers in expected.values()
    ]
    start_ms = local("2026-03-28 10:00").timestamp() * 1000
    found = [
        (
            group["occurrences"],
            group["users_affected"],
            (group["first_ms"] - start_ms) // 1000,
            (group["last_ms"] - start_ms) // 1000,
            json.loads(group["data"]),
        )
        for group in groups(errors, visitors)
    ]
    assert sorted(found, key=itemgetter(2)) == sorted(recounted, key=itemgetter(2))
