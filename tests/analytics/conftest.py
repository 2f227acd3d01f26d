"""Fixtures of analytics: sites, a clock that the test moves, and the computation of every due day."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.analytics.models import AnalyticsEvent, ErrorGroup, PageView, UserSession
from chalicelib.analytics.repository import event_days
from chalicelib.analytics.schemas.sites import SiteCreate, SiteKeysRead
from chalicelib.analytics.service import due_days, site_cache, sites
from chalicelib.kit import auth, clock
from chalicelib.kit.auth import Role
from tests.analytics.collection_factories import CHROME, ORIGIN, Json
from tests.analytics.event_factories import WeekClock, local

NewSite = Callable[..., SiteKeysRead]
Drain = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _keep_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the rows of simulated days: the API reads no rows that have expired by the real clock."""
    for model in (AnalyticsEvent, ErrorGroup, PageView, UserSession):
        monkeypatch.setattr(model, "KEEP", timedelta(days=3650))


@pytest.fixture
def week_clock(monkeypatch: pytest.MonkeyPatch) -> WeekClock:
    """Our clock, set to a noon in Berlin on the day of the change to summer time."""
    moved = WeekClock(local("2026-03-29 12:00"))
    monkeypatch.setattr(clock, "now", moved.now)
    return moved


@pytest.fixture
def compute_due_days(week_clock: WeekClock, drain: Drain) -> Callable[[], int]:
    """Compute every day that is due or becomes due, and move the clock; return the number of rounds."""

    def run() -> int:
        for round_number in range(20):
            waiting = [due.due_at for due in event_days.iterate_due(clock.now() + timedelta(days=400))]
            if not waiting:
                return round_number
            week_clock.moment = max(week_clock.moment, min(waiting)) + timedelta(seconds=1)
            due_days.send_due_days(clock.now())
            assert drain() == []
        raise AssertionError("the days stay due")

    return run


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    site_cache.forget()
    yield
    site_cache.forget()


@pytest.fixture
def new_site() -> NewSite:
    """Creates a site; fields of the body may be given."""

    def create(tenant: str = "store:1", **fields: Any) -> SiteKeysRead:
        body = {"tenant": tenant, "name": "A", "origins": [ORIGIN], **fields}
        return sites.create_site(SiteCreate.model_validate(body), None)

    return create


@pytest.fixture
def operator(api: httpx2.Client) -> httpx2.Client:
    """The API with an operator's token."""
    api.headers["Authorization"] = f"Bearer {auth.mint(Role.OPERATOR, 'op')}"
    return api


@pytest.fixture
def send(api: httpx2.Client) -> Callable[..., httpx2.Response]:
    """Sends a body to the collection as a page of ORIGIN would."""

    def post(body: Json | str, **headers: str) -> httpx2.Response:
        content = body if isinstance(body, str) else json.dumps(body)
        names = {"Content-Type": "text/plain;charset=UTF-8", "Origin": ORIGIN, "User-Agent": CHROME}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        merged = {name: value for name, value in {**names, **given}.items() if value}
        return api.post("/v1/analytics/events", content=content, headers=merged)

    return post
