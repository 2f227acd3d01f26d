from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from chalicelib.analytics.domain.day_sql.errors import GROUP_LIMIT
from chalicelib.analytics.service.day_database import DayOptions, open_day
from tests.analytics.event_factories import lake_event, local, part_of


def groups(errors: list[dict[str, Any] | None]) -> list[dict[str, Any]]:
    """Return the groups of these errors, raised a second apart."""
    events = [
        lake_event(f"2026-03-28 10:{number // 60 % 60:02}:{number % 60:02}", number, type="error", name="error")
        | {"data": json.dumps(data) if data is not None else None}
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
