"""Which of our discounts an order's application means: the one whose name was in force when the order was created."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.discounts.domain.order_lines import Application


@dataclass(frozen=True, slots=True)
class NamePeriod:
    """The time [since, until) in which a name meant a discount; `until` is None while it still does."""

    discount_id: str
    since: datetime
    until: datetime | None = None


def name_of(application: Application) -> str | None:
    """Return the key of an application's name: `code:<lower case>` or `title:<case-folded>`; None without a name."""
    if application.code and application.code.strip():
        return f"code:{application.code.strip().lower()}"
    if application.title and application.title.strip():
        return f"title:{application.title.strip().casefold()}"
    return None


def is_period_of(name: str, key: str) -> bool:
    """Return whether a row's key is this name's: the name itself, or a former one, which ends in `#<until>`."""
    return key == name or (key.startswith(f"{name}#") and _is_time(key[len(name) + 1 :]))


def holder(periods: Iterable[NamePeriod], at: datetime) -> str | None:
    """Return the discount that had the name at this time."""
    for period in periods:
        if period.since <= at and (period.until is None or at < period.until):
            return period.discount_id
    return None


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
