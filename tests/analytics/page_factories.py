"""A site with numbers in every tab of the analytics page."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from chalicelib.analytics.domain.recurring_revenue import RevenueHistory, RevenueStep
from chalicelib.analytics.enums import RevenueScope
from chalicelib.analytics.repository import event_days
from chalicelib.analytics.schemas.campaigns import CampaignCreate
from chalicelib.analytics.schemas.sites import SiteCreate, SiteKeysRead
from chalicelib.analytics.service import (
    campaigns,
    cohort_weeks,
    computation,
    experiment_results,
    recurring_revenue,
    site_cache,
    sites,
)
from chalicelib.analytics.service.recurring_revenue import SubscriptionReport
from chalicelib.kit import clock
from tests.analytics.event_factories import LakeEvent, lake_event, store
from tests.analytics.experiment_factories import conversion, exposure, running_experiment
from tests.analytics.revenue_factories import compute_due_revenue

TENANT = "store:1"
ZONE = "Europe/Berlin"
LONG = "/a-path-that-nobody-would-read-and-somebody-will-visit" * 3
ARABIC = "تصدير-الصور"


def new_page_site(name: str = "Corner shop") -> SiteKeysRead:
    """Create the site of store 1, which its owner may read."""
    site_cache.forget()
    body = {"tenant": TENANT, "name": name, "time_zone": ZONE, "readers": [TENANT]}
    return sites.create_site(SiteCreate.model_validate(body), None)


def fill_days(now: datetime) -> None:
    """Store the events of two days, and compute them as the jobs do."""
    days = [now - timedelta(days=back) for back in (8, 0)]
    store([event for n, moment in enumerate(days) for event in _day(moment, n + 1)], TENANT)
    compute(now)


def compute(now: datetime) -> None:
    """Compute every day that is due."""
    for due in list(event_days.iterate_due(now + timedelta(days=1))):
        computation.compute_day(due.tenant, due.day)


def _day(moment: datetime, people: int) -> list[LakeEvent]:
    at = moment - timedelta(minutes=2)
    events = []
    for number in range(people):
        user: dict[str, Any] = {"user_id": f"u{number}", "visitor": None, "source": "server"}
        events += [
            lake_event(at, path="/", referrer="https://news.example/", **user),
            lake_event(at + timedelta(seconds=20), path=LONG, **user),
            lake_event(at + timedelta(seconds=30), type="feature_usage", name=ARABIC, path=None, **user),
        ]
        if number == 0:
            events.append(lake_event(at + timedelta(seconds=40), type="conversion", name="paid", path=None, **user))
    data = {"type": "TypeError", "message": "x is null", "severity": "error", "stack": "at pay (/cart.js:1)"}
    failed = lake_event(at, type="error", name="error", visitor="v9", data=json.dumps(data))
    return [*events, lake_event(at, visitor="v9"), failed]


def fill_experiment(now: datetime) -> str:
    """Run an experiment that loses subjects of one variant; return its id."""
    test = running_experiment(tenant=TENANT)
    at = clock.now()
    seen = [exposure(test, f"a{n}", 0, at) for n in range(60)] + [exposure(test, f"b{n}", 1, at) for n in range(20)]
    bought = [conversion(test, f"a{n}", at, 1) for n in range(6)] + [conversion(test, f"b{n}", at, 1) for n in range(9)]
    store([*seen, *bought], TENANT)
    compute(now)
    experiment_results.compute_experiment(test)
    return test


def fill_cohorts_and_campaign(now: datetime) -> None:
    """Compute the cohorts of the users of the filled days, and add a campaign with a long name."""
    cohort_weeks.compute_cohorts(TENANT, now.date())
    campaigns.create_campaign(TENANT, CampaignCreate(name=ARABIC, cost=Decimal("12.50"), sent_at=now), None)


def fill_revenue(now: datetime) -> None:
    """Let a customer begin three days ago, upgrade, and end yesterday; another one stays."""
    for owner, steps in {"ann": ((5, 30), (3, 50), (1, 0)), "bob": ((4, 12),)}.items():
        history = [
            RevenueStep(now - timedelta(days=back), Decimal(price), Decimal(0), None, None) for back, price in steps
        ]
        state = RevenueHistory(tuple(history), history[0].begins_at, history[0].begins_at, False)
        report = SubscriptionReport(RevenueScope.MEMBER, owner, "s1", "plus", "active", "USD", state)
        recurring_revenue.record_report(report)
    compute_due_revenue(now, None)
