"""The cohorts of a site."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

from chalicelib.analytics.domain.cohorts import monday
from chalicelib.analytics.domain.event_moments import local_day
from chalicelib.analytics.domain.reports.questions import MAX_DAYS
from chalicelib.analytics.models import UserCohort
from chalicelib.analytics.repository import cohorts
from chalicelib.analytics.schemas.cohorts import CohortList, CohortPeriodRead, CohortQuery, CohortRead
from chalicelib.analytics.service import site_cache
from chalicelib.kit import clock
from chalicelib.kit.errors import InvalidInput

DEFAULT_DAYS = 30


def list_cohorts(tenant: str, query: CohortQuery) -> CohortList:
    """Return the cohorts whose week has a day of the range. Raises InvalidInput for a range over 366 days."""
    last_day = query.last_day or local_day(clock.now(), site_cache.site_of(tenant).time_zone)
    first_day = query.first_day or last_day - timedelta(days=DEFAULT_DAYS - 1)
    if not 0 <= (last_day - first_day).days < MAX_DAYS:
        raise InvalidInput(f"`to` must not be before `from`; a range has at most {MAX_DAYS} days")
    rows = sorted(
        cohorts.iterate_weeks(tenant, monday(first_day), last_day),
        key=lambda row: (row.cohort_date, row.acquisition_channel or "", row.period),
    )
    grouped = groupby(rows, key=lambda row: row.cohort)
    return CohortList(cohorts=[_read(list(of_cohort)) for _, of_cohort in grouped])


def _read(rows: list[UserCohort]) -> CohortRead:
    first = rows[0]
    return CohortRead(
        cohort_date=first.cohort_date,
        acquisition_channel=first.acquisition_channel,
        cohort_size=first.cohort_size,
        computed_at=max(row.computed_at for row in rows),
        periods=[CohortPeriodRead.of(row) for row in rows],
    )
