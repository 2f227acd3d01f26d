"""Admission of a call of a store's data API: one conditional update of the store's row, which counts it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from chalicelib.kit.tables import update_if
from chalicelib.platform.domain.store_admission import API_CALLS, callable_statuses
from chalicelib.platform.domain.store_credentials import DIGEST, SCOPE, PresentedKey
from chalicelib.platform.enums import KeyScope
from chalicelib.platform.models import Store
from chalicelib.platform.repository.plan_limits import has_limits_in_force


def count_call(row: Store, key: PresentedKey | None, scopes: Collection[KeyScope], month: str, now: datetime) -> bool:
    """Count a call and fill the row. Returns False, and nothing is written, if the stored row does not allow it.

    It must be active, in a status for these scopes, have the key (if one is presented) with one of them, limits in
    force, and calls left in `month`.
    """
    is_open = (Store.is_active == True) & Store.database_status.is_in(*sorted(callable_statuses(scopes)))  # noqa: E712
    condition = (
        is_open
        & (Store.usage_month == month)
        & (Store.api_calls_month < Store.limits[API_CALLS])
        & has_limits_in_force(now)
    )
    if key is not None:
        entry = Store.api_keys[key.key_id]
        condition &= (entry[DIGEST] == key.digest) & entry[SCOPE].is_in(*sorted(scope.value for scope in scopes))
    actions = [Store.api_calls_month.add(1), Store.last_activity_at.set(now)]
    return update_if(row, actions, condition)
