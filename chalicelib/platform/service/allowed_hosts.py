"""Hosts that Backroom connects to although they are not public, by the setting `allowed_hosts`."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit.timed_cache import TimedCache
from chalicelib.platform.schemas.settings import AllowedHosts
from chalicelib.platform.service import settings

_cache: TimedCache[str, frozenset[str]] = TimedCache(timedelta(minutes=1), 1)


def load_allowed_hosts() -> frozenset[str]:
    """Return the allowed hosts, at most a minute old."""
    return _cache.get(AllowedHosts.setting, lambda: frozenset(settings.read_setting(AllowedHosts).hosts))


def forget_allowed_hosts() -> None:
    """Clear the cached setting; between tests."""
    _cache.forget()
