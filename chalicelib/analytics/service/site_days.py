"""The days of sites that have ended: an index says which sites are to be closed in an hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from chalicelib.analytics.domain.day_ends import ended_day, next_close
from chalicelib.analytics.domain.local_days import local_date
from chalicelib.analytics.models import Site
from chalicelib.analytics.repository import event_days, sites
from chalicelib.analytics.schemas.days import SiteDayEnded
from chalicelib.kit import clock, messages
from chalicelib.kit.batches import Batch

SCHEDULE = "analytics-close_days"
QUIET_AFTER = timedelta(days=90)
"""After so long without events a site is closed no more."""
_HOUR = timedelta(hours=1)
_LOOK_BACK = timedelta(hours=2)
"""Hours before the last completed run that are looked at again."""
_FIRST_LOOK_BACK = timedelta(days=2)


def expect_close(row: Site) -> None:
    """Make a site due after its next midnight, unless it is due already."""
    if row.close_due is None:
        sites.mark_close_due(row, next_close(clock.now(), row.time_zone))


def send_due_sites(now: datetime, since: datetime | None) -> int:
    """Send the ended days of sites to their worker; return their number. `since` is when the last run completed.

    A site whose step fails ends no other's; the next run finds it.
    """
    batch = Batch(SCHEDULE)
    hour = (since - _LOOK_BACK if since else now - _FIRST_LOOK_BACK).replace(minute=0, second=0, microsecond=0)
    while hour <= now:
        defer = partial(_defer, now=now)
        batch.run(list(sites.iterate_close_due(hour)), partial(_send, hour=hour, now=now), defer=defer)
        hour += _HOUR
    return batch.finish()


def _send(tenant: str, hour: datetime, now: datetime) -> None:
    """Send the day that ended before `hour`, then make the site due after its next midnight."""
    row = sites.find(tenant)
    if row is None or not sites.is_close_due(row, now):
        return
    messages.publish(SiteDayEnded(tenant=tenant, day=ended_day(hour, row.time_zone)))
    sites.mark_close_due(row, None if _is_quiet(row, now) else next_close(now, row.time_zone))


def _defer(tenant: str, now: datetime) -> None:
    row = sites.find(tenant)
    if row is not None and sites.is_close_due(row, now):
        sites.mark_close_due(row, now + _HOUR)


def _is_quiet(row: Site, now: datetime) -> bool:
    today = local_date(now, row.time_zone)
    return not event_days.list_by_tenant(row.tenant, today - QUIET_AFTER, today + timedelta(days=1))
