"""The sites that analytics registers itself: the couples app and the platform, whose events are our own."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.analytics.enums import RevenueScope
from chalicelib.analytics.errors import SiteNotFound
from chalicelib.analytics.schemas.events import EventsAccepted, TrackedEvent
from chalicelib.analytics.service import collection
from chalicelib.analytics.service.sites import register_site

NAMES = {"platform": "Platform", "together": "Together"}
SCOPES = {"together": RevenueScope.MEMBER, "platform": RevenueScope.STORE}
"""The scope of each tenant's revenue."""


def tenant_of(scope: RevenueScope) -> str:
    """Return the tenant whose events are the payments and purchases of a scope."""
    return next(tenant for tenant, each in SCOPES.items() if each is scope)


def track(tenant: str, events: Sequence[TrackedEvent]) -> EventsAccepted:
    """Send events to the ingest; register the tenant's site if it does not exist yet."""
    try:
        return collection.track(tenant, events)
    except SiteNotFound:
        register_site(tenant, NAMES[tenant])
        return collection.track(tenant, events)
