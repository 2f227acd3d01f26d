"""The nightly census: counts the rows of a store's database and corrects its counters by the difference."""

from __future__ import annotations

from chalicelib.integrations.sql.errors import StatementFailed
from chalicelib.integrations.sql.servers import JOB_LIMITS
from chalicelib.kit import clock, logs, messages
from chalicelib.kit.errors import Unavailable, WriteConflict
from chalicelib.kit.retries import retry_conflicts
from chalicelib.platform.domain import census as rules
from chalicelib.platform.enums import DatabaseStatus
from chalicelib.platform.errors import StoreNotFound
from chalicelib.platform.models import Store
from chalicelib.platform.repository import store_counters, store_row_counts, stores
from chalicelib.platform.schemas.usage_messages import CensusRequested
from chalicelib.platform.service import store_connections
from chalicelib.platform.service.media.file_deletions import remove_abandoned_uploads

ATTEMPTS = 4
"""Counts of a store that is called all the time, before their common difference is corrected."""
RETRY_SECONDS = 300

log = logs.logger("platform")


def count_store(message: CensusRequested) -> None:
    """Remove abandoned uploads of an active store, count its rows and correct its counters.

    A store whose server is down is skipped until the next census; a store that does not exist is ignored.
    """
    try:
        if message.attempt == 1:
            _remove_abandoned(message.store_id)
        remaining = retry_conflicts(lambda: _attempt(message))
    except (Unavailable, StatementFailed, StoreNotFound) as error:
        log.warning(
            "census skipped: rows not counted", extra={"store": message.store_id, "error": type(error).__name__}
        )
        return
    if remaining is not None:
        messages.publish(remaining, delay_seconds=RETRY_SECONDS)


def _remove_abandoned(store_id: str) -> None:
    """Remove abandoned uploads, in steps: if there may be more, another step is requested."""
    store = stores.get_store(store_id)
    if store.database_status is DatabaseStatus.ACTIVE and remove_abandoned_uploads(store):
        messages.publish(CensusRequested(store_id=store_id))


def _attempt(message: CensusRequested) -> CensusRequested | None:
    """Count once. Returns the next attempt if calls ran during this one, else None. Raises WriteConflict if a counter has changed."""
    store, started_at = stores.get_store(message.store_id), clock.now()
    if store.database_status is not DatabaseStatus.ACTIVE:
        return None
    drift = _drift(store)
    is_quiet = rules.is_quiet(store.last_activity_at, started_at)
    if not is_quiet and message.drift is not None:
        is_same_month = message.usage_month == store.usage_month
        drift = rules.common_drift(message.drift, drift if is_same_month else rules.without_monthly(drift))
    if not drift:
        return None
    if not is_quiet and message.attempt < ATTEMPTS:
        return CensusRequested(
            store_id=store.id, attempt=message.attempt + 1, drift=drift, usage_month=store.usage_month
        )
    if not store_counters.add_drift(store, drift, was_quiet=is_quiet):
        raise WriteConflict
    log.info("counters corrected", extra={"store": store.id, **drift})
    return None


def _drift(store: Store) -> dict[str, int]:
    month = rules.month_bounds(store.usage_month) if store.usage_month else None
    with store_connections.transaction(store, JOB_LIMITS) as transaction:
        counted = store_row_counts.count_rows(transaction, month)
    return rules.drift_of({name: getattr(store, name) for name in rules.COUNTERS}, counted)
