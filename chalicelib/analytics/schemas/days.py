"""Messages about the days of the lake."""

from __future__ import annotations

from datetime import date

from chalicelib.kit.messages import Message


class DayDue(Message):
    """Compute a tenant's day."""

    queue = "analytics-compute_day"

    tenant: str
    day: date

    def subjects(self) -> tuple[str, ...]:
        return (self.tenant,)


class SiteDayEnded(Message):
    """A day of a site has ended: compute what depends on it and on the days before."""

    queue = "analytics-close_site_day"

    tenant: str
    day: date

    def subjects(self) -> tuple[str, ...]:
        return (self.tenant,)
