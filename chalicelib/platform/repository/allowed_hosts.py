"""The setting `allowed_hosts`: hosts at private addresses that Backroom may connect to."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit.timed_cache import TimedCache
from chalicelib.platform.models import PlatformSetting

SETTING = "allowed_hosts"

_cache: TimedCache[str, frozenset[str]] = TimedCache(timedelta(minutes=1), 1)


def load_allowed_hosts() -> frozenset[str]:
    """Return the allowed hosts, at most a minute old."""
    return _cache.get(SETTING, _load)


def _load() -> frozenset[str]:
    try:
        return frozenset(PlatformSetting.get(SETTING).value)
    except PlatformSetting.DoesNotExist:
        return frozenset()


def forget_allowed_hosts() -> None:
    """Clear the cached setting; after a change in this process and between tests."""
    _cache.forget()
