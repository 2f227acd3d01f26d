"""Messages about the days of the lake, and about the days of revenue."""

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


class RevenueDue(Message):
    """Compute an owner (`<scope>/<id>`) whose MRR changes, and the days of revenue; without an owner the open days."""

    queue = "analytics-compute_revenue"

    owner: str | None = None

    def subjects(self) -> tuple[str, ...]:
        return (self.owner.replace("/", ":", 1),) if self.owner else ()
