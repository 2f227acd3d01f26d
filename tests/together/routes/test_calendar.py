"""Tests of the calendar link and its feed, which another library reads."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import httpx2
import pytest
import vobject

from chalicelib.kit import clock
from chalicelib.together.models import User
from tests.together.conftest import As
from tests.together.days import MovableClock, set_clock
from tests.together.members import MemberClient, new_couple, new_member
from tests.together.spaces import make_premium


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> MovableClock:
    """The time of the test."""
    return set_clock(monkeypatch)


def link(client: MemberClient) -> str:
    response = client.call("POST", "calendar")
    assert response.status_code == 201, response.text
    return str(response.json()["url"])


def feed(api: httpx2.Client, url: str) -> list[Any]:
    response = api.get(url)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in response.content.split(b"\r\n"))
    events: list[Any] = vobject.readOne(response.text).contents.get("vevent", [])
    return events


def add(client: MemberClient, title: str, value: str, **fields: Any) -> str:
    body = {"title": title, "date_value": value, "kind": "other", **fields}
    response = client.call("POST", "dates", body)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def test_another_parser_reads_the_dates(acting: As, api: httpx2.Client) -> None:
    user = new_member()
    make_premium(user)
    client = acting(user)
    titles = ["Comma, semicolon; backslash \\", "Line\nbreak", "שלום \u200f👩‍❤️‍👨 " + "long " * 15, "BEGIN:VEVENT"]
    ids = [add(client, title, f"2020-0{number + 1}-15") for number, title in enumerate(titles)]
    events = feed(api, link(client))
    assert [event.summary.value for event in events] == [title.strip() for title in titles]
    assert [event.uid.value for event in events] == [f"{each}@together" for each in ids]
    assert [event.dtstart.value for event in events] == [date(2020, number + 1, 15) for number in range(4)]


def test_february_29_is_the_last_day_of_february(acting: As, api: httpx2.Client) -> None:
    user = new_member()
    make_premium(user)
    client = acting(user)
    add(client, "Leap", "2000-02-29", year_known=False)
    add(client, "Once", "2031-02-28", is_recurring=False)
    leap, once = feed(api, link(client))
    until = date(2033, 1, 1)
    days = []
    for moment in leap.getrruleset(addRDate=True):
        if moment.date() >= until:
            break
        days.append(moment.date())
    assert days[-5:] == [date(year, 2, 29 if year % 4 == 0 else 28) for year in range(2028, 2033)]
    assert not hasattr(once, "rrule")


def test_forty_dates_keep_their_uids(acting: As, api: httpx2.Client) -> None:
    user = new_member()
    make_premium(user)
    client = acting(user)
    for number in range(40):
        add(client, f"Date {number}", f"2020-03-{number % 28 + 1:02}")
    url = link(client)
    first, second = feed(api, url), feed(api, url)
    assert len({event.uid.value for event in first}) == 40
    assert [event.uid.value for event in first] == [event.uid.value for event in second]


def test_the_link_needs_premium_or_the_add_on(acting: As, api: httpx2.Client, time: MovableClock) -> None:
    user = new_member()
    client = acting(user)
    assert client.call("POST", "calendar").json()["code"] == "PremiumRequired"
    make_premium(user)
    url = link(client)
    assert feed(api, url) == []
    time.move(days=2)
    assert api.get(url).status_code == 404
    until = clock.iso(clock.now() + timedelta(days=1))
    User(user.id).update([User.addons.set({"calendar_plus": until})])
    assert feed(api, url) == []
    assert link(client) == url
    time.move(days=1)
    assert api.get(url).status_code == 404


def test_a_revoked_link_never_works_again(acting: As, api: httpx2.Client) -> None:
    user = new_member()
    make_premium(user)
    client = acting(user)
    url = link(client)
    assert client.call("DELETE", "calendar").status_code == 204
    assert api.get(url).status_code == 404
    other = link(client)
    assert other != url
    assert api.get(url).status_code == 404
    assert feed(api, other) == []


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "x" * 501])
def test_a_forged_link_is_refused(api: httpx2.Client, token: str) -> None:
    response = api.get("/together/calendar.ics", params={"token": token})
    assert response.status_code in (404, 422)
    assert "text/calendar" not in response.headers["content-type"]


def test_each_partner_has_a_link_to_the_joint_dates(acting: As, api: httpx2.Client) -> None:
    one, two = new_couple()
    make_premium(one)
    add(acting(one), "Ours", "2020-05-01")
    assert [event.summary.value for event in feed(api, link(acting(two)))] == ["Ours"]
