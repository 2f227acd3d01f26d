"""Saved funnels of a site, and the funnel of each entry day."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.analytics.domain.event_moments import local_day
from chalicelib.analytics.domain.reports.questions import MAX_DAYS
from chalicelib.analytics.errors import FunnelLimitReached
from chalicelib.analytics.models import Funnel
from chalicelib.analytics.repository import funnels
from chalicelib.analytics.schemas.funnels import FunnelCreate, FunnelQuery, FunnelRead, FunnelResult, FunnelStepRead
from chalicelib.analytics.service import site_cache
from chalicelib.kit import clock, ids, locks
from chalicelib.kit.errors import InvalidInput, WriteConflict

DEFAULT_DAYS = 30
_LEASE_SECONDS = 10


def list_funnels(tenant: str) -> list[FunnelRead]:
    """Return the funnels of a site, the oldest first."""
    return [FunnelRead.of(row) for row in funnels.list_by_tenant(tenant)]


def create_funnel(tenant: str, body: FunnelCreate) -> FunnelRead:
    """Create a funnel, which is computed daily. Raises FunnelLimitReached, WriteConflict if another is being created."""
    lease = locks.acquire(f"analytics-funnels/{tenant}", _LEASE_SECONDS)
    if lease is None:
        raise WriteConflict
    try:
        if len(funnels.list_by_tenant(tenant)) >= funnels.MAX_FUNNELS:
            raise FunnelLimitReached
        now = clock.now()
        row = Funnel(
            tenant,
            ids.time_ordered(),
            name=body.name,
            steps=[step.model_dump(mode="json") for step in body.steps],
            order=body.order,
            window_seconds=body.window_seconds,
            created_at=now,
            updated_at=now,
        )
        funnels.add(row)
    finally:
        locks.release(lease)
    return FunnelRead.of(row)


def get_funnel(tenant: str, funnel: str, query: FunnelQuery) -> FunnelResult:
    """Return a funnel and its entry days in the range. Raises FunnelNotFound, InvalidInput for a range over 366 days."""
    row = funnels.get(tenant, funnel)
    today = local_day(clock.now(), site_cache.site_of(tenant).time_zone)
    last_day = query.last_day or today
    first_day = query.first_day or last_day - timedelta(days=DEFAULT_DAYS - 1)
    if not 0 <= (last_day - first_day).days < MAX_DAYS:
        raise InvalidInput(f"`to` must not be before `from`; a range has at most {MAX_DAYS} days")
    steps = funnels.list_steps(tenant, funnel, first_day, last_day)
    days = [FunnelStepRead.of(step) for step in steps]
    return FunnelResult(**FunnelRead.of(row).model_dump(), days=days)


def delete_funnel(tenant: str, funnel: str) -> None:
    """Delete a funnel. Raises FunnelNotFound."""
    funnels.delete(funnels.get(tenant, funnel))
