"""The computation of cohorts, after each midnight of a site, from the days of the last two years."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from chalicelib.analytics.domain import cohort_sql
from chalicelib.analytics.domain.channels import channel_of
from chalicelib.analytics.domain.cohorts import CohortKey, cohort_name, first_week, periods
from chalicelib.analytics.domain.reports.source_sql import EVENTS, UNITED
from chalicelib.analytics.models import UserCohort
from chalicelib.analytics.repository import cohorts
from chalicelib.analytics.service import report_files, site_cache
from chalicelib.analytics.service.report_database import open_files
from chalicelib.analytics.service.report_files import DayFiles
from chalicelib.analytics.service.report_runs import MAX_DUCKDB_BYTES
from chalicelib.integrations.duckdb_engine import Database
from chalicelib.integrations.parquet import Kind
from chalicelib.kit import clock, logs

log = logs.logger("analytics")

Activity = dict[int, tuple[int, Decimal]]
"""The active users and the revenue by period."""


def compute_cohorts(tenant: str, day: date) -> None:
    """Set the cohorts of the two years until the site's ended day. Does nothing, and says so, if the days are too large for DuckDB."""
    site = site_cache.site_of(tenant)
    today = day + timedelta(days=1)
    week = first_week(today)
    files = report_files.of_tenant(tenant, week, today)
    if files.byte_count > MAX_DUCKDB_BYTES:
        log.warning("cohorts not computed: the days are too large", extra={"bytes": files.byte_count})
        return
    sizes, activity = _load(files, week, site.currency)
    rows = _rows(tenant, sizes, activity, (clock.now(), today))
    cohorts.replace_rows(rows, list(cohorts.iterate_weeks(tenant, week, today)))


def _load(files: DayFiles, week: date, currency: str) -> tuple[dict[CohortKey, int], dict[CohortKey, Activity]]:
    """Return the sizes of the cohorts since a week, and their activity."""
    activity: dict[CohortKey, Activity] = {}
    with open_files(files.tenant, files.iterate_contents(), files.firsts()) as database:
        database.set_variables({"first_week": week, "currency": currency})
        database.run(cohort_sql.MEMBERS, cohort_sql.acts(UNITED if files.has_parts else EVENTS), cohort_sql.SOURCES)
        _create_channels(database)
        database.run(cohort_sql.COHORTS)
        sizes = {(row["week"], row["channel"]): int(row["size"]) for row in database.rows(cohort_sql.SIZES)}
        for row in database.rows(cohort_sql.ACTIVITY):
            of_cohort = activity.setdefault((row["week"], row["channel"]), {})
            of_cohort[row["period"]] = (int(row["active_users"]), Decimal(row["revenue"]))
    return sizes, activity


def _create_channels(database: Database) -> None:
    sources = database.rows(cohort_sql.DISTINCT_SOURCES)
    database.create_table(
        "channels",
        {"referrer": Kind.TEXT, "utm": Kind.TEXT, "channel": Kind.TEXT},
        [(row["referrer"], row["utm"], channel_of(row["referrer"], row["utm"]).value) for row in sources],
    )


def _rows(
    tenant: str, sizes: dict[CohortKey, int], activity: dict[CohortKey, Activity], at: tuple[datetime, date]
) -> Iterator[UserCohort]:
    now, today = at
    for cohort, size in sizes.items():
        week, channel = cohort
        for period in periods(week, size, activity.get(cohort, {}), now, today):
            yield UserCohort(
                cohort_name(tenant, cohort),
                period.number,
                tenant=tenant,
                cohort_date=week,
                acquisition_channel=channel,
                cohort_size=size,
                active_users=period.active_users,
                retention_rate=period.retention_rate,
                lifetime_value=period.lifetime_value,
                is_complete=period.is_complete,
                computed_at=now,
            )
