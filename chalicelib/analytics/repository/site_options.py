"""The settings of a site that its counts depend on."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.analytics.models import Site


def counted_properties(tenant: str) -> Mapping[str, str]:
    """Return the property of data that each counted event is split by; none for an unknown tenant."""
    try:
        return Site.get(tenant).counted or {}
    except Site.DoesNotExist:
        return {}
