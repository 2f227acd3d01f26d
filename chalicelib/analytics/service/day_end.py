"""What is computed for a site once a day, after its midnight. Sites without recent events are not touched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial

from chalicelib.analytics.domain.local_days import next_closing_hour
from chalicelib.analytics.errors import SiteNotFound
from chalicelib.analytics.repository import day_end
from chalicelib.analytics.repository.day_end import DueSite
from chalicelib.analytics.schemas.days import SiteDue
from chalicelib.analytics.service import cohort_weeks, funnel_days, site_cache
from chalicelib.kit import clock, logs, messages
from chalicelib.kit.batches import Batch

ACTIVE_DAYS = 90
"""A site without events for so many days is not closed until the next one arrives."""
_FIRST_RUN = timedelta(hours=24)

log = logs.logger("analytics")


def send_due_sites(now: datetime, last_completed: datetime | None) -> None:
    """Send each site whose midnight has passed since the last completed run to its computation.

    A site whose step fails ends no other's, and is due again in the next hour.
    """
    batch = Batch("analytics-close_days")
    for hour in _hours(last_completed or now - _FIRST_RUN, now):
        batch.run(
            day_end.iterate_due(hour),
            partial(_send, now=now),
            label=lambda due: due.tenant,
            defer=lambda due: day_end.move(due, now + timedelta(hours=1)),
        )
    log.info("due sites sent", extra={"count": batch.finish()})


def close_site(tenant: str) -> None:
    """Compute what depends on several days of a site: the open days of its funnels, and its cohorts."""
    now = clock.now()
    with ExitStack() as steps:  # independent of each other; runs in reverse order
        steps.callback(cohort_weeks.compute_cohorts, tenant, now)
        steps.callback(funnel_days.compute_funnels, tenant, now)


def schedule_closing(tenant: str) -> None:
    """Make a site with new events due after its next midnight, unless it is due already."""
    try:
        site = site_cache.site_of(tenant)
    except SiteNotFound:
        return
    if site.close_due is None:
        day_end.add_due(tenant, next_closing_hour(clock.now(), site.time_zone))


def _send(due: DueSite, now: datetime) -> None:
    """Send the site, then make it due a day later: after a crash in between it is sent again."""
    messages.publish(SiteDue(tenant=due.tenant))
    is_active = day_end.has_events_since(due.tenant, (now - timedelta(days=ACTIVE_DAYS)).date())
    day_end.move(due, next_closing_hour(now, site_cache.site_of(due.tenant).time_zone) if is_active else None)


def _hours(first: datetime, last: datetime) -> Iterator[datetime]:
    hour = first.replace(minute=0, second=0, microsecond=0)
    while hour <= last:
        yield hour
        hour += timedelta(hours=1)
