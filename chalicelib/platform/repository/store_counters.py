"""Corrections of a store's counters by the census."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.kit.tables import update_if
from chalicelib.platform.models import Store


def add_drift(store: Store, drift: Mapping[str, int], *, was_quiet: bool) -> bool:
    """Add to counters of a store. Returns False if one of them, or the month, has changed since `store` was read.

    With `was_quiet`, it also returns False if a call was admitted since then.
    """
    activity, month = Store.last_activity_at, Store.usage_month
    condition = month.does_not_exist() if store.usage_month is None else month == store.usage_month
    condition &= Store.id.exists()
    for name in drift:
        condition &= getattr(Store, name) == getattr(store, name)
    if was_quiet:
        last = store.last_activity_at
        condition &= activity.does_not_exist() if last is None else activity == last
    return update_if(Store(store.id), [getattr(Store, name).add(value) for name, value in drift.items()], condition)
