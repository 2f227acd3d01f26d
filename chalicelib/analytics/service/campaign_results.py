"""Results of e-mail campaigns: computed again each day from the lake, for 37 days after a campaign was sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from chalicelib.analytics.domain.day_sql import campaigns as campaign_sql
from chalicelib.analytics.domain.local_days import moment_of
from chalicelib.analytics.repository import campaigns, event_days, lake
from chalicelib.integrations import duckdb_engine

COMPUTED_FOR = timedelta(days=37)
"""How long after it was sent a campaign is computed: e-mails are opened for a month, purchases follow for a week."""
_DAY = timedelta(days=1)


def compute_campaigns(tenant: str, day: date) -> None:
    """Set the results of the campaigns of the 37 days to `day` from the events of these days."""
    end = datetime.combine(day + _DAY, time(), UTC)
    rows = campaigns.list_since(tenant, end - COMPUTED_FOR - _DAY)
    if not rows:
        return
    by_id = {row.campaign_id: row for row in rows}
    first_day = min(row.sent_at or row.listed_at for row in rows).date() - _DAY
    currencies = {row.campaign_id: row.currency for row in rows}
    for result in results_of(currencies, _days(tenant, first_day, day + _DAY)):
        row = by_id[result.pop("campaign_id")]
        first_sent_ms = result.pop("first_sent_ms")
        if row.sent_at is None and first_sent_ms is not None:
            campaigns.mark_sent(row, moment_of(first_sent_ms))
        campaigns.set_results(row, {name: value for name, value in result.items() if value is not None})


def results_of(currencies: Mapping[str, str | None], days: Iterable[bytes]) -> list[dict[str, Any]]:
    """Return the results of campaigns, from their currencies by id and the days' files in order."""
    with duckdb_engine.open_database() as database:
        database.create_table("campaigns", campaign_sql.CAMPAIGN_COLUMNS, list(currencies.items()))
        database.create_table("emails", campaign_sql.EMAIL_COLUMNS)
        database.create_table("purchases", campaign_sql.PURCHASE_COLUMNS)
        for content in days:
            with database.temporary_view("day_events", campaign_sql.DAY_COLUMNS, [content]):
                database.run(campaign_sql.ADD_EMAILS, campaign_sql.ADD_PURCHASES)
        return database.rows(campaign_sql.RESULTS)


def _days(tenant: str, first_day: date, last_day: date) -> Iterator[bytes]:
    """Yield the united days; parts that are not united yet count at the next computation."""
    for stored in event_days.list_by_tenant(tenant, first_day, last_day):
        united = lake.find_day(tenant, stored.day)
        if united is not None:
            yield united.content
