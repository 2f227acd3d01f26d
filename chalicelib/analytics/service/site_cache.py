"""Sites, day counts and salts as the collection needs them for each request: cached for a minute."""

from __future__ import annotations

from datetime import date, timedelta

from chalicelib.analytics.errors import SiteNotFound, UnknownKey
from chalicelib.analytics.models import Site
from chalicelib.analytics.repository import event_days, sites, visitor_salts
from chalicelib.analytics.service.sites import hash_secret
from chalicelib.kit import clock
from chalicelib.kit.timed_cache import TimedCache

LIFETIME = timedelta(seconds=60)
MAX_SITES = 1_000

_by_key = TimedCache[str, Site | None](LIFETIME, MAX_SITES)
_by_secret = TimedCache[str, Site | None](LIFETIME, MAX_SITES)
_by_tenant = TimedCache[str, Site | None](LIFETIME, MAX_SITES)
_counts = TimedCache[tuple[str, date], int](LIFETIME, MAX_SITES)
_salts = TimedCache[date, str](LIFETIME, 10)


def site_by_key(key: str) -> Site:
    """Return the active site with this public key, or with it as previous key. Raises UnknownKey."""
    site = _by_key.get(key, lambda: sites.find_by_key(key))
    is_previous = (
        site is not None and site.previous_until and key == site.previous_key and clock.now() < site.previous_until
    )
    if site is None or not site.is_active or not (key == site.key or is_previous):
        raise UnknownKey
    return site


def site_by_secret(secret: str) -> Site:
    """Return the active site with this secret key. Raises UnknownKey."""
    secret_hash = hash_secret(secret)
    site = _by_secret.get(secret_hash, lambda: sites.find_by_secret_hash(secret_hash))
    if site is None or not site.is_active or site.secret_hash != secret_hash:
        raise UnknownKey
    return site


def site_of(tenant: str) -> Site:
    """Return the tenant's site. Raises SiteNotFound."""
    site = _by_tenant.get(tenant, lambda: sites.find(tenant))
    if site is None:
        raise SiteNotFound
    return site


def count_events(tenant: str, day: date) -> int:
    """Return the number of events of a tenant's day by its last computation."""

    def load() -> int:
        row = event_days.find(tenant, day)
        return row.event_count if row else 0

    return _counts.get((tenant, day), load)


def salt_of(day: date) -> str:
    """Return the salt of a local date; make it if nobody has needed it yet."""
    return _salts.get(day, lambda: visitor_salts.get_or_add(day))


def forget() -> None:
    """Clear the cache; for tests, which empty the tables."""
    for cache in (_by_key, _by_secret, _by_tenant, _counts, _salts):
        cache.forget()
