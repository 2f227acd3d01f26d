"""Credit grants of an earlier release, which stored no row for the calendar month. They count towards that month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from chalicelib.billing.domain.monthly_grants import month_of_source
from chalicelib.billing.models import CreditEntry, Subscription
from chalicelib.billing.repository import credits
from chalicelib.billing.repository.identity_map import IdentityMap, Key, own_subscription_key, subscription_key


def credits_by_month(found: IdentityMap, owner: Key, ledgers: Iterable[str], months: Iterable[str]) -> dict[str, int]:
    """Return the credits in `ledgers` that were granted to the owner since the first of `months` (`YYYY-MM`), by month."""
    since = datetime.strptime(min(months), "%Y-%m").replace(tzinfo=UTC)
    entries = [row for name in sorted(ledgers) for row in credits.iterate_grants(name, since)]
    return _sums(found, owner, entries)


def _sums(found: IdentityMap, owner: Key, entries: list[CreditEntry]) -> dict[str, int]:
    sources = {row.id: source for row in entries if (source := month_of_source(row.source_key))}
    keys = {name: _keys(name) for name, _ in sources.values()}
    found.read(key for each in keys.values() for key in each)
    totals: dict[str, int] = defaultdict(int)
    for row in entries:
        if row.id in sources:
            name, begins_on = sources[row.id]
            if any(_is_of(found.rows.get(key), owner) for key in keys[name]):
                totals[f"{begins_on:%Y-%m}"] += row.amount
    return dict(totals)


def _keys(name: str) -> list[Key]:
    """Return the possible keys of a grant's subscription. `name` is Stripe's id, or our id if it is a gift."""
    own = own_subscription_key(name)
    return [subscription_key(name), *([own] if own else [])]


def _is_of(row: object, owner: Key) -> bool:
    return isinstance(row, Subscription) and (row.owner_type, row.owner_id) == owner[1]
