"""Credit grants of an earlier release, which stored no row for the calendar month. They count towards that month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime

from chalicelib.billing.domain import credit_months
from chalicelib.billing.models import CreditBalance, CreditEntry, Subscription
from chalicelib.billing.repository import credits
from chalicelib.billing.repository.identity_map import IdentityMap, Key, own_subscription_key, subscription_key


def credits_by_month(
    found: IdentityMap, owner: Key, head: CreditBalance, months: Mapping[str, str | None]
) -> dict[str, int]:
    """Return the credits granted to the owner in calendar months without a row, by month.

    `months` are these months (`YYYY-MM`), each with the entry (`ledger/id`) of the same grant if there is one. Reads the
    ledger only if an earlier release may have granted credits; this costs two more calls.
    """
    places = {credits.key_of(entry)[0] for entry in months.values() if entry}
    if any(month <= (head.carried_until or month) for month in months):
        places.add(head.relationship_id)
    if not places:
        return {}
    since = datetime.strptime(min(months), "%Y-%m").replace(tzinfo=UTC)
    entries = [row for place in sorted(places) for row in credits.iterate_grants(place, since)]
    return _sums(found, owner, entries)


def _sums(found: IdentityMap, owner: Key, entries: list[CreditEntry]) -> dict[str, int]:
    sources = {row.id: source for row in entries if (source := credit_months.month_of_source(row.source_key))}
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
