"""Tests of `/v1/together/notifications`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from chalicelib.kit import clock
from chalicelib.together.enums import RelationshipStatus
from chalicelib.together.models import Notification, Relationship, User
from tests.together.conftest import As
from tests.together.mailing import new_notice
from tests.together.members import new_couple, new_member

HOUR = timedelta(hours=1)


@pytest.fixture
def moment() -> datetime:
    """Now, in whole seconds: notices with this time have come."""
    return clock.now().replace(microsecond=0)


def _many(user: User, count: int, now: datetime) -> list[Notification]:
    """Add notices of the last hours, the oldest first, and one of the next hour."""
    rows = [new_notice(user, now - (count - number) * HOUR, f"cause-{number}") for number in range(count)]
    new_notice(user, now + HOUR, "future")
    return rows


def test_notices_are_listed_newest_first_in_pages(acting: As, moment: datetime) -> None:
    user, other = new_member(), new_member()
    rows = _many(user, 5, moment)
    new_notice(other, moment)
    first = acting(user).call("GET", "notifications?limit=3").json()
    second = acting(user).call("GET", f"notifications?limit=3&cursor={first['next_cursor']}").json()
    ids = [item["id"] for item in first["items"] + second["items"]]
    assert ids == [row.id for row in reversed(rows)]
    assert second["next_cursor"] is None
    assert first["items"][0] == {
        "id": rows[-1].id,
        "kind": "reminder",
        "title": "A date is near",
        "body": "It is in 7 days.",
        "action_url": None,
        "relationship_id": None,
        "subject_id": None,
        "scheduled_for": clock.iso(moment - HOUR),
        "read_at": None,
    }
    strange = acting(other).call("GET", f"notifications?limit=3&cursor={first['next_cursor']}")
    assert (strange.status_code, strange.json()["errors"][0]["path"]) == (422, "query.cursor")


@pytest.mark.parametrize(
    ("status", "count"),
    [(RelationshipStatus.ACTIVE, 2), (RelationshipStatus.PAUSED, 1), (RelationshipStatus.ENDED, 1)],
)
def test_the_notices_of_a_relationship_are_hidden_unless_it_is_active(
    acting: As, moment: datetime, status: RelationshipStatus, count: int
) -> None:
    one, _ = new_couple()
    new_notice(one, moment, relationship_id=one.relationship_id)
    new_notice(one, moment, "own")
    Relationship(one.relationship_id).update([Relationship.status.set(status)])
    assert len(acting(one).call("GET", "notifications").json()["items"]) == count


def test_the_notices_of_a_former_relationship_are_hidden(acting: As, moment: datetime) -> None:
    one, two = new_couple()
    new_notice(one, moment, relationship_id="a-former-one")
    assert acting(one).call("GET", "notifications").json()["items"] == []
    assert acting(two).call("GET", "notifications").json()["items"] == []


def test_notices_are_read_up_to_one_of_them(acting: As, moment: datetime) -> None:
    user = new_member()
    rows = _many(user, 5, moment)
    client = acting(user)
    for _ in range(2):
        response = client.call("POST", "notifications", {"read_through": rows[2].id})
        assert (response.status_code, response.json()) == (200, {"unread": 2})
    assert User.get(user.id).unread == 2
    listed = client.call("GET", "notifications").json()["items"]
    assert [item["read_at"] is not None for item in listed] == [False, False, True, True, True]


def test_any_number_of_notices_is_read_in_steps(acting: As, moment: datetime) -> None:
    user = new_member()
    rows = _many(user, 95, moment)
    assert acting(user).call("POST", "notifications", {"read_through": rows[-2].id}).json() == {"unread": 1}
    unread = [row.id for row in Notification.query(user.id) if row.read_at is None and row.scheduled_for <= moment]
    assert unread == [rows[-1].id]


def test_expired_notices_leave_no_unread_ones_behind(acting: As, moment: datetime) -> None:
    user = new_member()
    old, new = new_notice(user, moment - HOUR, "old"), new_notice(user, moment, "new")
    old.delete()
    assert acting(user).call("POST", "notifications", {"read_through": new.id}).json() == {"unread": 0}
    assert User.get(user.id).unread == 0


def test_notices_that_arrive_while_others_are_read_stay_unread(acting: As, moment: datetime) -> None:
    user = new_member()
    rows = _many(user, 45, moment)
    client = acting(user)
    with ThreadPoolExecutor(6) as pool:
        reads = [pool.submit(client.call, "POST", "notifications", {"read_through": rows[-1].id}) for _ in range(3)]
        news = [pool.submit(new_notice, user, moment, f"new-{number}") for number in range(5)]
    assert {read.result().status_code for read in reads} <= {200, 503}
    assert all(each.result() for each in news)
    assert client.call("POST", "notifications", {"read_through": rows[-1].id}).json() == {"unread": 5}
    assert User.get(user.id).unread == 5


@pytest.mark.parametrize(
    "bad", [None, "", "x", "2031-01-01", "\x00", "2031-01-01T00:00:00.000000Z#\u202e", "9" * 300, 7]
)
def test_what_is_no_id_of_a_notice_is_refused(acting: As, bad: object) -> None:
    response = acting(new_member()).call("POST", "notifications", {"read_through": bad})
    assert (response.status_code, response.json()["errors"][0]["path"]) == (422, "body.read_through")


def test_the_other_members_notices_cannot_be_read(acting: As, moment: datetime) -> None:
    one, two = new_couple()
    row = new_notice(one, moment)
    assert acting(two).call("POST", "notifications", {"read_through": row.id}).json() == {"unread": 0}
    assert User.get(one.id).unread == 1
