"""Entries of the stores' revenue, and the monthly reports that sum them."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import get_many, put_if
from chalicelib.platform.models import RevenueEntry, RevenueReport


def set_entry(row: RevenueEntry) -> bool:
    """Store an entry. Returns False if this or a later version is stored already."""
    is_newer = RevenueEntry.version.does_not_exist() | (RevenueEntry.version < row.version)
    return put_if(row, is_newer)


def list_entries(period: str, page: PageRequest) -> PageResult[RevenueEntry]:
    """Return a page of a month's entries, read consistently."""
    return query_page(RevenueEntry.query(period, consistent_read=True, limit=page.limit, last_evaluated_key=page.start))


def set_report(row: RevenueReport, *, is_repeated: bool) -> bool:
    """Set a month's report. Returns False if it is final (unless `is_repeated`), or was computed from later entries."""
    condition = RevenueReport.generated_at.does_not_exist() | (RevenueReport.generated_at < row.generated_at)
    if not is_repeated:
        is_open = RevenueReport.is_final.does_not_exist() | (RevenueReport.is_final == False)  # noqa: E712 - a condition
        condition &= is_open
    return put_if(row, condition)


def find_reports(periods: Iterable[str]) -> list[RevenueReport]:
    """Return the reports of these months (at most 100) that exist, in their order, with one call."""
    return [row for row in get_many((RevenueReport, (period,)) for period in periods) if row is not None]
