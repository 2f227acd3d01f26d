from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.analytics.schemas.events import EventsCreate
from chalicelib.analytics.service import collection
from chalicelib.analytics.service.collection import RequestOrigin
from chalicelib.kit import clock
from tests.analytics.collection_factories import CHROME, ORIGIN, event, queued_events

MIDNIGHT = datetime(2026, 3, 28, 23, tzinfo=UTC)  # in Berlin


@pytest.fixture
def visit(new_site, monkeypatch):
    """Sends an event at a time; returns the visitor, and the visitor under the salt of the day before."""
    key = new_site(time_zone="Europe/Berlin").key

    def send(moment: datetime, ip: str = "203.0.113.7", user_agent: str = CHROME, site_key: str = key):
        monkeypatch.setattr(clock, "now", lambda: moment)
        body = EventsCreate(key=site_key, events=[event()])
        assert collection.collect(RequestOrigin(None, ORIGIN, ip, user_agent), body).accepted == 1
        [collected] = queued_events()[0].events
        return collected.visitor, collected.visitor_before

    return send


def test_visitor_continues_over_midnight_for_half_an_hour(visit):
    evening, before = visit(MIDNIGHT - timedelta(seconds=1))
    assert before is None
    morning, before = visit(MIDNIGHT)
    assert before == evening != morning
    assert visit(MIDNIGHT + timedelta(minutes=29, seconds=59)) == (morning, evening)
    assert visit(MIDNIGHT + timedelta(minutes=30)) == (morning, None)


def test_visitor_is_distinct_by_address_browser_and_tenant(visit, new_site):
    noon = MIDNIGHT + timedelta(hours=12)
    other = new_site("store:2", time_zone="Europe/Berlin").key
    visitors = [
        visit(noon),
        visit(noon, ip="203.0.113.8"),
        visit(noon, user_agent="Firefox"),
        visit(noon, site_key=other),
        visit(noon + timedelta(days=1)),
    ]
    assert len(set(visitors)) == 5
    assert visit(noon) == visitors[0]
