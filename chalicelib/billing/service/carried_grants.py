"""Credit grants of an earlier release, which stored no row for the calendar month. They count towards that month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from chalicelib.billing.domain.monthly_grants import month_of_source
from chalicelib.billing.models import CreditEntry
from chalicelib.billing.repository import credits
from chalicelib.billing.repository.identity_map import IdentityMap, Key, own_subscription_key, subscription_key


def credits_by_month(rows: IdentityMap, owner: Key, ledgers: Iterable[str], months: Iterable[str]) -> dict[str, int]:
    """Return the credits in `ledgers` that were granted to the owner since the first of `months` (`YYYY-MM`), by month."""
    since = datetime.strptime(min(months), "%Y-%m").replace(tzinfo=UTC)
    entries = [row for name in sorted(ledgers) for row in credits.iterate_grants(name, since)]
    return _sums(rows, owner, entries)


def _sums(rows: IdentityMap, owner: Key, entries: list[CreditEntry]) -> dict[str, int]:
    sources = {row.id: source for row in entries if (source := month_of_source(row.source_key))}
    # The name of a grant's subscription is its Stripe id, or our id for a gift.
    names = {name for name, _ in sources.values()}
    rows.read(key for name in sorted(names) for key in (subscription_key(name), own_subscription_key(name)))
    totals: dict[str, int] = defaultdict(int)
    for row in entries:
        if row.id in sources:
            name, begins_on = sources[row.id]
            subscriptions = rows.subscription(name), rows.subscription_by_id(name)
            if any(each is not None and (each.owner_type, each.owner_id) == owner[1] for each in subscriptions):
                totals[f"{begins_on:%Y-%m}"] += row.amount
    return dict(totals)
