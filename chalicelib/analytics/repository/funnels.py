"""Funnels of a site, and their daily step counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from chalicelib.analytics.errors import FunnelNotFound
from chalicelib.analytics.models import Funnel, FunnelStep
from chalicelib.kit.tables import copy_row, put_if, readable_rows, rows_differ

MAX_FUNNELS = 20


def get(tenant: str, funnel: str) -> Funnel:
    """Return a funnel. Raises FunnelNotFound."""
    try:
        return Funnel.get(tenant, funnel, consistent_read=True)
    except Funnel.DoesNotExist:
        raise FunnelNotFound from None


def list_by_tenant(tenant: str) -> list[Funnel]:
    """Return the funnels of a site, the oldest first."""
    return list(readable_rows(Funnel.query(tenant, consistent_read=True)))


def add(row: Funnel) -> None:
    """Write a new funnel. The caller holds the site's lease, which keeps their number below the limit."""
    put_if(row, Funnel.tenant.does_not_exist())


def delete(row: Funnel) -> None:
    """Delete a funnel. Its step counts expire."""
    row.delete()


def list_steps(tenant: str, funnel: str, first_day: date, last_day: date) -> list[FunnelStep]:
    """Return the step counts of a funnel by entry day and step."""
    days = FunnelStep.day_step.between(f"{first_day.isoformat()}#", f"{last_day.isoformat()}$")
    return list(readable_rows(FunnelStep.query(f"{tenant}#{funnel}", days)))


def put_steps(rows: Iterable[FunnelStep], stored: Iterable[FunnelStep]) -> None:
    """Write the rows that differ from the stored ones of the same days."""
    former = {row.day_step: row for row in stored}
    for row in rows:
        before = former.get(row.day_step)
        if before is None or rows_differ(row, copy_row(before, {"computed_at": row.computed_at})):
            row.save()
