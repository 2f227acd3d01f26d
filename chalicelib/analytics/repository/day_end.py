"""The hours in which sites are closed: the first after their midnight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.analytics.models import EventDay, Site
from chalicelib.analytics.repository.event_days import SHARDS, shard_of
from chalicelib.kit.tables import readable_rows, update_if


@dataclass(frozen=True, slots=True)
class DueSite:
    """A site that is due in an hour."""

    tenant: str
    close_due: str


def iterate_due(hour: datetime) -> Iterator[DueSite]:
    """Iterate over the sites that are due in this hour (UTC)."""
    for shard in range(SHARDS):
        for row in readable_rows(Site.by_close_due.query(_due(hour, str(shard)))):
            yield DueSite(row.tenant, row.close_due)


def add_due(tenant: str, hour: datetime) -> None:
    """Make a site due in this hour unless it is due already."""
    is_idle = Site.tenant.exists() & Site.close_due.does_not_exist()
    update_if(Site(tenant), [Site.close_due.set(_due(hour, shard_of(tenant)))], is_idle)


def move(due: DueSite, hour: datetime | None) -> bool:
    """Make a site due in another hour; None: in none. Returns False if it was moved since."""
    action = Site.close_due.remove() if hour is None else Site.close_due.set(_due(hour, shard_of(due.tenant)))
    return update_if(Site(due.tenant), [action], Site.close_due == due.close_due)


def has_events_since(tenant: str, day: date) -> bool:
    """Return whether the site has an event on this day or a later one."""
    return next(iter(EventDay.query(tenant, EventDay.day >= day, limit=1)), None) is not None


def _due(hour: datetime, shard: str) -> str:
    return f"{hour:%Y-%m-%dT%H}#{shard}"
