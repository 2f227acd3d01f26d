"""Tests of DELETE without If-Match: it deletes whatever version there is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.together.conftest import As
from tests.together.members import new_member

BODIES: dict[str, dict[str, Any]] = {
    "activities": {"title": "Walk", "kind": "date_night"},
    "challenges": {},
    "conversations": {"kind": "other"},
    "dates": {"title": "Day", "date_value": "2020-02-29", "kind": "other"},
    "goals": {"title": "Goal"},
}


@pytest.mark.parametrize("noun", BODIES)
def test_a_row_is_deleted_without_a_version(acting: As, noun: str) -> None:
    client, body = acting(new_member()), BODIES[noun]
    if noun == "challenges":
        items = client.call("GET", "library?kind=challenges").json()["items"]
        body = {"template": next(item["id"] for item in items if item["difficulty"] == "easy")}
    row = client.call("POST", noun, body)
    assert row.status_code == 201, row.text
    path = f"{noun}/{row.json()['id']}"
    assert client.call("DELETE", path, If_Match='"other"').status_code == 412
    assert client.call("DELETE", path).status_code == 204
    assert client.call("GET", path).status_code == 404
