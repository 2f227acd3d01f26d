"""Read fields of Stripe objects. An expandable field is an id or the whole object."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

StripeObject = Mapping[str, Any]


def id_of(shown: Any) -> str | None:
    """Return the id of an expandable field; None if the field is empty."""
    found = shown["id"] if isinstance(shown, Mapping) else shown
    return str(found) if found else None


def expanded_field(shown: Any, name: str) -> Any:
    """Return the field `name` of an expanded object; None if `shown` is only an id."""
    return shown.get(name) if isinstance(shown, Mapping) else None


def timestamp(seconds: int | None) -> datetime | None:
    """Convert a Stripe timestamp (epoch seconds) to UTC; None for None."""
    return None if seconds is None else required_timestamp(seconds)


def required_timestamp(seconds: int) -> datetime:
    """Convert a Stripe timestamp (epoch seconds) to UTC."""
    return datetime.fromtimestamp(seconds, UTC)
