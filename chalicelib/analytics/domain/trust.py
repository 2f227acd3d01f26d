"""What each kind of sender may send, and from which origins browsers may send it."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from chalicelib.analytics.domain.events import Event, EventRefused
from chalicelib.analytics.enums import CollectedType

SANDBOXED_ORIGIN = "null"
"""The origin of sandboxed pages, such as Shopify's pixel sandbox. A missing Origin header counts as it."""


class Source(StrEnum):
    """The kind of an event's sender."""

    BROWSER = "browser"
    """Anyone who has a site's public key."""
    MEMBER = "member"
    """A member of `together`, by access token."""
    SERVER = "server"
    """A site's secret key, or another context of ours."""


_SERVER_TYPES = frozenset({CollectedType.SYSTEM, CollectedType.PAYMENT})
_SERVER_FIELDS = ("user_id", "time_zone", "value")


def check_sender(event: Event, source: Source) -> None:
    """Raise EventRefused if this sender may not send the event.

    Payments come from `billing` alone. A public key is no secret, so its events name no user, no money, no time zone,
    and replace no earlier version.
    """
    if event.type is CollectedType.PAYMENT:
        raise EventRefused("type_not_allowed")
    if source is Source.SERVER:
        return
    if event.type in _SERVER_TYPES:
        raise EventRefused("type_not_allowed")
    if event.version or any(getattr(event, field) is not None for field in _SERVER_FIELDS):
        raise EventRefused("field_not_allowed")


def is_allowed_origin(origin: str | None, origins: Collection[str]) -> bool:
    """Return whether a browser's page may send: its Origin header is one of the site's, exactly."""
    return (origin or SANDBOXED_ORIGIN) in origins
