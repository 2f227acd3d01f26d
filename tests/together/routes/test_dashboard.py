"""Tests of the dashboard and of insights."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from chalicelib.kit import clock
from chalicelib.together.models import RelationshipScore
from infra.bench.round_trips import metered
from tests.together.conftest import As
from tests.together.days import START, MovableClock, checkin, set_clock
from tests.together.members import new_couple, new_member
from tests.together.spaces import make_premium

TODAY = START.date()
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> MovableClock:
    """The time of the test: noon of TODAY in UTC."""
    return set_clock(monkeypatch)


def test_the_dashboard_shows_the_day_of_both(acting: As) -> None:
    one, two = new_couple()
    ada, ben = acting(one), acting(two)
    ada.call("PUT", f"checkins/{TODAY}", checkin(highlight="Walk"))
    ada.call("POST", "dates", {"title": "Ours", "date_value": "2020-06-01", "kind": "anniversary"})
    ada.call("POST", "goals", {"title": "Run"})
    ada.call("POST", "activities", {"title": "Picnic", "kind": "date_night"})
    body = ben.call("GET", "dashboard").json()
    assert (body["me"]["display_name"], body["me"]["today"]) == ("Ben", str(TODAY))
    assert body["partner"]["display_name"] == "Ada"
    assert body["checkins"] == []
    assert body["streak"]["mine"]["current"] == 0
    assert [row["title"] for kind in ("dates", "goals", "activities") for row in body[kind]] == [
        "Ours",
        "Run",
        "Picnic",
    ]
    assert (body["challenges"], body["unread"], body["is_premium"]) == ([], 0, False)
    ben.call("PUT", f"checkins/{TODAY}", checkin())
    body = ben.call("GET", "dashboard").json()
    assert [row["is_mine"] for row in body["checkins"]] in ([True, False], [False, True])
    assert body["streak"]["couple"] == {"current": 1, "longest": 1, "last": str(TODAY)}


def test_a_member_alone_has_an_empty_dashboard(acting: As) -> None:
    body = acting(new_member()).call("GET", "dashboard").json()
    assert (body["partner"], body["streak"]["couple"], body["dates"], body["checkins"]) == (None, None, [], [])


def test_the_dashboard_takes_three_reads(acting: As) -> None:
    one, _ = new_couple()
    make_premium(one)
    ada = acting(one)
    for number in range(12):
        ada.call("POST", "dates", {"title": f"{number}", "date_value": "2020-06-01", "kind": "other"})
    ada.call("PUT", f"checkins/{TODAY}", checkin())
    with metered() as meter:
        assert ada.call("GET", "dashboard").status_code == 200
    assert meter.cost.reads == 3
    assert meter.cost.writes == 0


def test_insights_show_gaps_as_missing_days(acting: As) -> None:
    one, _ = new_couple()
    for number in (0, 2, 40):
        RelationshipScore(
            one.relationship_id, TODAY - number * DAY, health_score=Decimal("71.5"), method=1, computed_at=clock.now()
        ).save()
    ada = acting(one)
    ada.call("PUT", f"checkins/{TODAY}", checkin())
    body = ada.call("GET", "insights").json()
    assert [row["date"] for row in body["days"]] == [str(TODAY - 2 * DAY), str(TODAY)]
    assert body["days"][0]["health_score"] == "71.5"
    assert ada.call("GET", "insights?days=31").json()["code"] == "PremiumRequired"
    make_premium(one)
    assert len(ada.call("GET", "insights?days=365").json()["days"]) == 3
    for days in (6, 366, "x"):
        response = ada.call("GET", f"insights?days={days}")
        assert (response.status_code, response.json()["errors"][0]["path"]) == (422, "query.days")


def test_todays_score_is_shown_once_the_member_has_checked_in(acting: As) -> None:
    one, two = new_couple()
    for number in (0, 1):
        RelationshipScore(one.relationship_id, TODAY - number * DAY, method=1, computed_at=clock.now()).save()
    ada, ben = acting(one), acting(two)
    ben.call("PUT", f"checkins/{TODAY}", checkin())
    assert [row["date"] for row in ada.call("GET", "insights").json()["days"]] == [str(TODAY - DAY)]
    ada.call("PUT", f"checkins/{TODAY}", checkin())
    assert [row["date"] for row in ada.call("GET", "insights").json()["days"]] == [str(TODAY - DAY), str(TODAY)]


def test_another_couples_scores_are_not_shown(acting: As) -> None:
    one, _ = new_couple()
    RelationshipScore(one.relationship_id, TODAY, method=1, computed_at=clock.now()).save()
    assert acting(new_member()).call("GET", "insights").json() == {"days": [], "trend": None}
