"""Bookings: a click, the partner's reports in any order, the member's rating, and what analytics receives."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import httpx2
import pytest

from chalicelib.analytics import service as analytics
from chalicelib.kit import clock, ids
from chalicelib.kit.auth import Role
from chalicelib.together.enums import BookingStatus
from chalicelib.together.models import Booking, User
from chalicelib.together.service.partner_reports import import_bookings
from tests.together.conftest import As
from tests.together.members import MemberClient, new_couple, new_member
from tests.together.offers import operate, partner_body

Json = dict[str, Any]
Sent = list[tuple[Any, ...]]


@pytest.fixture(autouse=True)
def _partner(api: httpx2.Client, engine: Any) -> None:
    assert operate(api, "POST", "partners", partner_body()).status_code == 200


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """The arguments with which bookings were sent to analytics, which still receives them."""
    calls: Sent = []
    record: Callable[..., None] = analytics.record_booking

    def note(*arguments: Any, **columns: Any) -> None:
        calls.append((*arguments, columns))
        record(*arguments, **columns)

    monkeypatch.setattr(analytics, "record_booking", note)
    return calls


def click(client: MemberClient, **fields: Any) -> Json:
    response = client.call("POST", "bookings", {"partner_id": "bistro", **fields})
    assert response.status_code == 201, response.text
    return dict(response.json())


def line(click_id: str, status: str = "confirmed", minutes_ago: float = 10, **fields: Any) -> Json:
    at = clock.iso(clock.now() - timedelta(minutes=minutes_ago))
    return {"click_id": click_id, "external_id": f"x-{click_id}", "status": status, "at": at, **fields}


def report(*lines: Json | str) -> Any:
    return import_bookings("bistro", [each if isinstance(each, str) else json.dumps(each) for each in lines])


def test_a_booking_is_a_link_with_a_click_id(acting: As) -> None:
    user = new_member()
    booking = click(acting(user))
    assert booking["url"] == f"https://partner.example/book?click={booking['id']}"
    row = Booking.get(booking["id"])
    assert row.expires_epoch == (row.created_at + timedelta(days=400)).replace(microsecond=0)
    [item] = acting(user).call("GET", "bookings").json()["items"]
    assert item == booking
    assert acting(user).call("GET", f"bookings/{booking['id']}").json()["partner_name"] == "Bistro"


def test_a_booking_is_its_members_alone(acting: As) -> None:
    one, two = new_couple()
    booking = click(acting(one))
    for other in (two, new_member()):
        assert acting(other).call("GET", "bookings").json()["items"] == []
        assert acting(other).call("GET", f"bookings/{booking['id']}").status_code == 404
        assert acting(other).call("PATCH", f"bookings/{booking['id']}", {"rating": 5}).status_code == 404


def test_the_activity_of_a_booking_is_the_couples(acting: As) -> None:
    one, two = new_couple()
    activity = acting(two).call("POST", "activities", {"title": "A", "kind": "other"}).json()["id"]
    assert click(acting(one), activity_id=activity)["activity_id"] == activity
    stranger = acting(new_member()).call("POST", "bookings", {"partner_id": "bistro", "activity_id": activity})
    assert stranger.json()["errors"][0]["path"] == "body.activity_id"
    assert acting(one).call("POST", "bookings", {"partner_id": "nobody"}).json()["code"] == "PartnerNotFound"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_latest_report_wins_in_any_order(acting: As, sent: Sent, order: tuple[int, ...]) -> None:
    user = new_member()
    click_id = click(acting(user))["id"]
    lines = [
        line(click_id, "confirmed", 30, amount="80.00", commission="8.00", currency="EUR"),
        line(click_id, "cancelled", 20),
        line(click_id, "completed", 10, amount="90.00", currency="EUR"),
    ]
    for number in order:
        report(lines[number])
    row = Booking.get(click_id)
    assert (row.status, row.amount, row.currency) == (BookingStatus.COMPLETED, Decimal(90), "EUR")
    assert row.expires_epoch is None
    assert sent[-1][:3] == ("bistro", click_id, row.version)
    assert sent[-1][4]["status"] == "booked"
    assert sent[-1][4]["subject"] == user.id


def test_a_repeated_report_changes_nothing_and_sends_the_same_version(acting: As, sent: Sent) -> None:
    click_id = click(acting(new_member()))["id"]
    confirmed = line(click_id)
    assert report(confirmed, confirmed).model_dump() == {"changed": 1, "unchanged": 1, "refused": []}
    assert report(confirmed).unchanged == 1
    assert {version for _, _, version, _, _ in sent} == {1}
    assert Booking.get(click_id).version == 1


def test_lines_of_others_and_broken_lines_are_refused_alone(acting: As, api: httpx2.Client) -> None:
    operate(api, "POST", "partners", partner_body(id="spa"))
    own = click(acting(new_member()))["id"]
    theirs = click(acting(new_member()), partner_id="spa")["id"]
    second = click(acting(new_member()))["id"]
    taken = line(second) | {"external_id": f"x-{own}"}
    result = report(
        line(own),
        line(theirs),
        line(ids.new()),
        "not json",
        "",
        line(own, "clicked"),
        line(second, minutes_ago=-60),
        line(second, amount="5.00"),
        taken,
        line(own, minutes_ago=1) | {"external_id": "another"},
        line(second),
    )
    reasons = {refused.line: refused.reason.partition(":")[0] for refused in result.refused}
    assert reasons == {
        2: "click_id",
        3: "click_id",
        4: "not a JSON object",
        6: "status",
        7: "at",
        8: "currency",
        9: "external_id",
        10: "external_id",
    }
    assert result.changed == 2
    assert Booking.get(theirs).status == "clicked"


def test_concurrent_imports_of_one_report_change_each_booking_once(acting: As) -> None:
    user = new_member()
    clicks = [click(acting(user))["id"] for _ in range(3)]
    lines = [line(each) for each in clicks]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: report(*lines), range(4)))
    assert sum(result.changed for result in results) == 3
    assert [Booking.get(each).version for each in clicks] == [1, 1, 1]


def test_a_confirmed_booking_is_rated_and_the_rating_reaches_analytics(acting: As, sent: Sent) -> None:
    client = acting(new_member())
    path = f"bookings/{click(client)['id']}"
    assert client.call("PATCH", path, {"rating": 4}).json()["code"] == "BookingNotConfirmed"
    report(line(path.partition("/")[2]))
    assert client.call("PATCH", path, {"rating": 4}).json()["rating"] == 4
    assert client.call("PATCH", path, {"rating": 4}).json()["rating"] == 4
    assert [(version, columns.get("rating")) for _, _, version, _, columns in sent] == [(1, None), (2, 4), (2, 4)]
    for rating in (0, 6, 4.5):
        response = client.call("PATCH", path, {"rating": rating})
        assert response.json()["errors"][0]["path"] == "body.rating"
    report(line(path.partition("/")[2], "completed", 1))
    assert client.call("GET", path).json()["rating"] == 4


def test_erased_members_and_those_who_opted_out_are_not_named(acting: As, sent: Sent) -> None:
    erased, opted_out = new_member(), new_member(preferences={"analytics": False})
    clicks = [click(acting(user))["id"] for user in (erased, opted_out)]
    User(erased.id).delete()
    report(*(line(each) for each in clicks))
    assert [columns["subject"] for *_, columns in sent] == [None, None]


def test_operators_import_and_look_up_bookings(acting: As, api: httpx2.Client) -> None:
    user = new_member()
    click_id = click(acting(user))["id"]
    body = {"partner_id": "bistro", "lines": json.dumps(line(click_id, commission="3.10", currency="EUR")) + "\n"}
    assert operate(api, "POST", "bookings", body).json() == {"changed": 1, "unchanged": 0, "refused": []}
    [item] = operate(api, "GET", f"bookings?user_id={user.id}", role=Role.SUPPORT).json()["items"]
    assert (item["id"], item["commission"]) == (click_id, "3.10")
    assert operate(api, "POST", "bookings", body, role=Role.SUPPORT).status_code == 403
    assert operate(api, "POST", "bookings", body | {"partner_id": "nobody"}).status_code == 404
