from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.analytics.models import AnalyticsEvent
from chalicelib.kit import auth, clock
from chalicelib.kit.auth import Role
from tests.analytics.event_factories import lake_event, store

SITE = "/v1/analytics/sites/store:1"
ROUTES = (
    "overview",
    "features",
    "engagement?user=u",
    "counts?event=e",
    "partners?partner=p",
    "sessions?day=2026-03-28",
    "sessions/20260328-x",
    "users/u",
    "errors",
    "campaigns",
)
RANGE = {"from": "2026-03-27", "to": "2026-03-28"}


@pytest.fixture
def two_days(new_site: Callable[..., Any], compute_due_days: Callable[[], int]) -> None:
    """A bounce of an anonymous visitor, and a visit of a known user on the next day; a booking and a used feature."""
    new_site(readers=["store:7"])
    booking = '{"commission":"2","partner":"p","rating":4,"status":"booked"}'
    store(
        [
            lake_event("2026-03-27 10:00", path="/a"),
            lake_event("2026-03-28 10:00", visitor="v2", path="/a"),
            lake_event("2026-03-28 10:01", visitor="v2", path="/b"),
            lake_event(
                "2026-03-28 10:02",
                visitor="v2",
                user_id="u",
                type="feature_usage",
                name="export",
                data='{"action":"started"}',
            ),
            lake_event(
                "2026-03-28 11:00", visitor=None, user_id="u", type="system", name="booking", value="20", data=booking
            )
            | {"currency": "EUR"},
        ],
        "store:1",
    )
    compute_due_days()


def test_overview_has_days_totals_and_lists(operator: httpx2.Client, two_days: None) -> None:
    overview = operator.get(f"{SITE}/overview", params=RANGE).json()

    assert [(day["date"], day["visits"], day["bounce_rate"]) for day in overview["days"]] == [
        ("2026-03-27", 1, "1.0000"),
        ("2026-03-28", 1, "0.0000"),
    ]
    totals = overview["totals"]
    assert (totals["daily_visitors"], totals["visits"], totals["page_views"]) == (2, 2, 3)
    assert (totals["bounce_rate"], totals["average_duration_seconds"]) == ("0.5000", "60.0000")
    assert overview["top"]["pages"] == [{"value": "/a", "count": 2}, {"value": "/b", "count": 1}]
    assert overview["recent"][0]["name"] == "booking"
    empty = operator.get(f"{SITE}/overview", params={"from": "2026-03-01", "to": "2026-03-02"}).json()
    assert (empty["days"], empty["totals"]["bounce_rate"], empty["recent"]) == ([], None, [])


def test_features_have_rates(operator: httpx2.Client, two_days: None) -> None:
    [feature] = operator.get(f"{SITE}/features", params=RANGE).json()["items"]

    assert (feature["feature"], feature["usage_count"], feature["starts"]) == ("export", 1, 1)
    assert (feature["completion_rate"], feature["adoption_rate"]) == ("0.0000", "1.0000")
    assert feature["satisfaction_score"] is None


def test_user_is_shown_by_days_visits_and_events(operator: httpx2.Client, two_days: None) -> None:
    days = operator.get(f"{SITE}/engagement", params={**RANGE, "user": "u"}).json()["days"]
    assert [(day["date"], day["feature_usage_count"]) for day in days] == [("2026-03-28", 1)]
    user = operator.get(f"{SITE}/users/u").json()
    assert [visit["page_count"] for visit in user["visits"]] == [2]
    assert [event["name"] for event in user["events"]] == ["booking", "export"]
    assert operator.get(f"{SITE}/users/nobody").json()["visits"] == []


def test_visit_is_shown_with_its_events(operator: httpx2.Client, two_days: None) -> None:
    page = operator.get(f"{SITE}/sessions", params={"day": "2026-03-28", "limit": 1}).json()
    [visit] = page["items"]

    detail = operator.get(f"{SITE}/sessions/{visit['session_id']}").json()
    assert (detail["entry_page"], detail["exit_page"], detail["channel"]) == ("/a", "/b", "direct")
    assert [(event["name"], event["path"]) for event in detail["events"]] == [
        ("page_view", "/a"),
        ("page_view", "/b"),
        ("export", "/"),
    ]
    for missing in ("20260328-x", "x", "20260327-" + visit["session_id"].partition("-")[2]):
        assert operator.get(f"{SITE}/sessions/{missing}").status_code == 404


def test_counts_and_partners_are_shown_by_day(operator: httpx2.Client, two_days: None) -> None:
    counts = operator.get(f"{SITE}/counts", params={**RANGE, "event": "export"}).json()
    assert counts["items"] == [{"day": "2026-03-28", "value": "", "count": 1, "visitors": 1}]
    [day] = operator.get(f"{SITE}/partners", params={**RANGE, "partner": "p"}).json()["days"]
    assert (day["bookings"], day["revenue"], day["commission"]) == (1, "20", "2")
    assert (day["average_rating"], day["repeat_rate"]) == ("4.0000", "0.0000")


def test_another_site_shows_nothing_of_it(
    operator: httpx2.Client, two_days: None, new_site: Callable[..., Any]
) -> None:
    new_site("store:2")
    other = "/v1/analytics/sites/store:2"
    [visit] = operator.get(f"{SITE}/sessions", params={"day": "2026-03-28"}).json()["items"]

    assert operator.get(f"{other}/overview", params=RANGE).json()["days"] == []
    assert operator.get(f"{other}/features", params=RANGE).json()["items"] == []
    assert operator.get(f"{other}/partners", params={**RANGE, "partner": "p"}).json()["days"] == []
    assert operator.get(f"{other}/users/u").json()["events"] == []
    assert operator.get(f"{other}/sessions/{visit['session_id']}").status_code == 404


@pytest.mark.parametrize("route", ROUTES)
def test_only_operators_and_readers_see_a_site(api: httpx2.Client, new_site: Callable[..., Any], route: str) -> None:
    site = new_site(readers=["store:7"])
    assert api.get(f"{SITE}/{route}").status_code == 401
    for token, statuses in (
        (auth.mint(Role.STORE_OWNER, "7"), (200, 404) if route.startswith("sessions/") else (200,)),
        (auth.mint(Role.STORE_OWNER, "8"), (404,)),
        (auth.mint(Role.MEMBER, "7"), (403,)),
        (site.key, (401,)),
        (site.secret or "", (401,)),
    ):
        answer = api.get(f"{SITE}/{route}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in statuses, (token, answer.text)
    code = api.get(f"{SITE}/{route}", headers={"Authorization": f"Bearer {auth.mint(Role.STORE_OWNER, '8')}"}).json()
    assert code["code"] == "SiteNotFound"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"from": "2026-01-01", "to": "2026-12-31"}, 200),
        ({"from": "2026-01-01", "to": "2027-01-02"}, 422),
        ({"from": "2026-01-02", "to": "2026-01-01"}, 422),
        ({"from": "yesterday"}, 422),
        ({"to": "0001-01-01"}, 200),
        ({}, 200),
    ],
)
def test_range_has_at_most_366_days(
    operator: httpx2.Client, new_site: Callable[..., Any], query: dict[str, str], status: int
) -> None:
    new_site()
    assert operator.get(f"{SITE}/overview", params=query).status_code == status


def test_expired_rows_are_not_shown(operator: httpx2.Client, two_days: None, monkeypatch: pytest.MonkeyPatch) -> None:
    later = clock.now() + AnalyticsEvent.KEEP + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: later)

    assert operator.get(f"{SITE}/sessions", params={"day": "2026-03-28"}).json()["items"] == []
    assert operator.get(f"{SITE}/users/u").json()["events"] == []
