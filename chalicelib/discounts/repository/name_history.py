"""Which discount had a code or title at a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from chalicelib.discounts.domain.attribution import NamePeriod, holder, is_period_of
from chalicelib.discounts.models import Discount, DiscountName
from chalicelib.kit.tables import get_many, readable_rows

MAX_KEYS = 100
"""Keys of one BatchGetItem."""


def find_owners(shop: str, uses: Iterable[tuple[str, datetime]]) -> dict[tuple[str, datetime], str]:
    """Return the id of the discount that had each name at that time; pairs without a discount are missing.

    A name in force since then costs a part of one call for 100; any other costs a query of its history.
    """
    pairs = sorted(set(uses))
    names = sorted({name for name, _ in pairs})
    current: dict[str, NamePeriod] = {}
    for start in range(0, len(names), MAX_KEYS):
        chunk = names[start : start + MAX_KEYS]
        found = get_many([(DiscountName, (shop, name)) for name in chunk], consistent=True)
        current |= {row.name: _period(row) for row in found if row is not None}
    history: dict[str, list[NamePeriod]] = {}
    owners: dict[tuple[str, datetime], str] = {}
    for name, moment in pairs:
        periods = [current[name]] if name in current else []
        owner = holder(periods, moment)
        if owner is None:
            if name not in history:
                history[name] = _former_periods(shop, name)
            owner = holder(history[name], moment)
        if owner is not None:
            owners[name, moment] = owner
    return owners


def find_discounts(shop: str, discount_ids: Iterable[str]) -> dict[str, Discount]:
    """Return the discounts, deleted ones too, by id; one call for each 100."""
    ids = sorted(set(discount_ids))
    rows: dict[str, Discount] = {}
    for start in range(0, len(ids), MAX_KEYS):
        found = get_many([(Discount, (shop, each)) for each in ids[start : start + MAX_KEYS]])
        rows |= {row.discount_id: row for row in found if row is not None}
    return rows


def _former_periods(shop: str, name: str) -> list[NamePeriod]:
    rows = readable_rows(DiscountName.query(shop, DiscountName.name.startswith(f"{name}#"), consistent_read=True))
    return [_period(row) for row in rows if is_period_of(name, row.name)]


def _period(row: DiscountName) -> NamePeriod:
    return NamePeriod(row.discount_id, row.since, row.until)
