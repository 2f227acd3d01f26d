"""Reading Stripe's objects, in which a reference may stand as an id or as the whole object."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

StripeObject = Mapping[str, Any]


def id_of(shown: Any) -> str | None:
    """The id of what may be an id or the object itself."""
    found = shown["id"] if isinstance(shown, Mapping) else shown
    return str(found) if found else None


def expanded_field(shown: Any, name: str) -> Any:
    """A member of what may be an id (then None) or the object itself."""
    return shown.get(name) if isinstance(shown, Mapping) else None


def timestamp(seconds: int | None) -> datetime | None:
    """Stripe's time (epoch seconds), if there is one."""
    return None if seconds is None else required_timestamp(seconds)


def required_timestamp(seconds: int) -> datetime:
    """Stripe's time (epoch seconds)."""
    return datetime.fromtimestamp(seconds, UTC)
