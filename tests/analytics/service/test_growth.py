"""What results cost at 10 and at 1,000 (docs/costs.md): subjects, recipients, errors, users, days."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from chalicelib.analytics.enums import MetricKind
from chalicelib.analytics.repository import lake
from chalicelib.analytics.schemas.campaigns import CampaignCreate
from chalicelib.analytics.service import (
    campaign_results,
    campaigns,
    cohort_weeks,
    computation,
    error_logs,
    experiment_results,
)
from chalicelib.analytics.service.report_database import FIRSTS_COLUMNS
from chalicelib.integrations import parquet
from chalicelib.kit import clock
from infra.bench.round_trips import Cost, metered
from infra.docs.costs_page import GROWTH
from tests.analytics.event_factories import TENANT, WeekClock, lake_event, local, store
from tests.analytics.experiment_factories import conversion, exposure, running_experiment

DAY = date(2026, 3, 28)
DAYS = 3
NOON = local("2026-03-28 10:00")


@pytest.fixture(autouse=True)
def _site(new_site: Callable[..., object], week_clock: WeekClock) -> None:
    new_site(TENANT, time_zone="Europe/Berlin")


def cost_of(action: Callable[[], object]) -> Cost:
    with metered() as meter:
        action()
    return meter.cost


def check(name: str, cost: Cost) -> None:
    assert (cost.write_units, cost.objects) == GROWTH[name]


@pytest.mark.parametrize("count", [10, 1_000])
def test_experiment_writes_a_row_for_each_new_subject(week_clock: WeekClock, count: int) -> None:
    test = running_experiment(kind=MetricKind.PROPORTION)
    at = clock.now()
    week_clock.move(minutes=5)
    seen = [exposure(test, f"c{number}", number % 2, at) for number in range(count)]
    store([*seen, *(conversion(test, f"c{number}", at, 1) for number in range(0, count, 5))])
    check(f"experiment, {count:,} new subjects", cost_of(lambda: experiment_results.compute_experiment(test)))
    check(f"experiment, {count:,} known subjects", cost_of(lambda: experiment_results.compute_experiment(test)))


@pytest.mark.parametrize("count", [10, 1_000])
def test_campaign_is_one_row_however_many_get_it(count: int) -> None:
    sent_at = datetime.fromisoformat("2026-03-28T08:00:00Z")
    row = campaigns.create_campaign(TENANT, CampaignCreate(name="Spring", sent_at=sent_at), None)
    data = json.dumps({"campaign_id": row.campaign_id})
    events = [
        lake_event(
            NOON,
            type="system",
            name="email_sent",
            visitor=None,
            user_id=None,
            data=data[:-1] + f', "recipient": "h{n}"}}',
        )
        for n in range(count)
    ]
    store(events)
    computation.compute_day(TENANT, DAY)
    check(f"campaign, {count:,} recipients", cost_of(lambda: campaign_results.compute_campaigns(TENANT, DAY)))
    check("campaign, unchanged", cost_of(lambda: campaign_results.compute_campaigns(TENANT, DAY)))


@pytest.mark.parametrize("count", [10, 1_000])
def test_cohort_rows_follow_the_weeks_not_the_users(count: int) -> None:
    for back in range(DAYS):
        at = NOON - timedelta(days=back)
        store([lake_event(at, type="conversion", name="sign_up", user_id=f"u{n}", visitor=None) for n in range(count)])
    users = [{"event": "sign_up", "user_id": f"u{n}", "first_day": str(DAY)} for n in range(count)]
    lake.put_firsts(TENANT, parquet.write(FIRSTS_COLUMNS, users), None)
    check(f"cohorts, {count:,} users of a week", cost_of(lambda: cohort_weeks.compute_cohorts(TENANT, DAY)))
    check("cohorts, unchanged", cost_of(lambda: cohort_weeks.compute_cohorts(TENANT, DAY)))


@pytest.mark.parametrize("count", [10, 100])
def test_error_groups_cost_a_row_each_however_often_they_occur(count: int) -> None:
    groups = [_group(f"f{number}", occurrences=count * count) for number in range(count)]
    check(f"errors, {count:,} new groups", cost_of(lambda: error_logs.write_error_days(TENANT, DAY, groups, [])))
    check("errors, unchanged", cost_of(lambda: error_logs.write_error_days(TENANT, DAY, groups, [])))


def _group(fingerprint: str, occurrences: int) -> dict[str, object]:
    at_ms = int(NOON.timestamp() * 1000)
    columns = dict.fromkeys(["path", "browser", "device_type", "user_id"])
    counts = {"occurrences": occurrences, "users_affected": 1, "first_ms": at_ms, "last_ms": at_ms}
    texts = {"fingerprint": fingerprint, "error_type": "E", "error_message": "m", "data": "{}"}
    return {**columns, **counts, **texts}
