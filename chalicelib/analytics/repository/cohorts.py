"""The cohorts of a site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from chalicelib.analytics.models import UserCohort
from chalicelib.kit.tables import copy_row, readable_rows, rows_differ


def iterate_weeks(tenant: str, first_week: date, last_week: date) -> Iterator[UserCohort]:
    """Iterate over the rows of the cohorts between two Mondays, by week."""
    weeks = UserCohort.cohort_date.between(first_week, last_week)
    return readable_rows(UserCohort.by_tenant.query(tenant, weeks))


def replace_rows(rows: Iterable[UserCohort], former: Iterable[UserCohort]) -> None:
    """Write the rows that differ from the stored ones; delete the stored ones that are not among them."""
    stored = {(row.cohort, row.period): row for row in former}
    for row in rows:
        before = stored.pop((row.cohort, row.period), None)
        if before is None or rows_differ(row, copy_row(before, {"computed_at": row.computed_at})):
            row.save()
    for row in stored.values():
        row.delete()
