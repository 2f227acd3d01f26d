"""Which tables of a store a caller may read, and why a call of the data API is refused."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Protocol

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.rate_limit_headers import RateLimit, rate_limit_headers, retry_after
from chalicelib.platform.domain.plan_limits import CountedStore, usage_month
from chalicelib.platform.enums import DatabaseStatus, KeyScope
from chalicelib.platform.errors import ApiCallLimitReached, StoreDeleting, StoreNotProvisioned, StoreSuspended

CATALOGUE_TABLES = frozenset(
    [
        "attributes",
        "categories",
        "cms_pages",
        "inventory",
        "media_library",
        "prices",
        "product_attribute_values",
        "product_categories",
        "products",
        "seo_settings",
    ]
)
"""What a key of the scope `catalogue` reads."""
PRIVATE_TABLES = frozenset(["customers", "discounts", "order_items", "orders"])
STORE_TABLES = CATALOGUE_TABLES | PRIVATE_TABLES
EVERYONE = frozenset(KeyScope)
READERS = frozenset([KeyScope.READ, KeyScope.WRITE])
WRITERS = frozenset([KeyScope.WRITE])
API_CALLS = "max_api_calls_per_month"
"""The name of the limit in `stores.limits`."""


class CalledStore(CountedStore, Protocol):
    """The columns of a store's row that decide whether it may be called."""

    @property
    def is_active(self) -> bool: ...
    @property
    def database_status(self) -> DatabaseStatus | None: ...
    @property
    def suspended_reason(self) -> str | None: ...
    @property
    def api_calls_month(self) -> int: ...


def readers_of(table: str) -> frozenset[KeyScope]:
    """Return the scopes that read a table."""
    return READERS if table in PRIVATE_TABLES else EVERYONE


def callable_statuses(scopes: Collection[KeyScope]) -> frozenset[DatabaseStatus]:
    """Return the database statuses in which a call with these scopes is admitted.

    While a store moves, reads continue and changes are refused.
    """
    if frozenset(scopes) == WRITERS:
        return frozenset([DatabaseStatus.ACTIVE])
    return frozenset([DatabaseStatus.ACTIVE, DatabaseStatus.MOVING])


def require_callable(store: CalledStore, scopes: Collection[KeyScope]) -> None:
    """Require that a call with these scopes can reach the store's data.

    Raises StoreDeleting, StoreSuspended, StoreNotProvisioned, Unavailable.
    """
    if store.database_status is DatabaseStatus.DELETING:
        raise StoreDeleting
    if not store.is_active or store.database_status is DatabaseStatus.SUSPENDED:
        raise StoreSuspended
    if store.database_status in callable_statuses(scopes):
        return
    if store.database_status is DatabaseStatus.MOVING:
        raise Unavailable("The store's database is being changed.", retry_after=30)
    raise StoreNotProvisioned


def require_calls_left(store: CalledStore, now: datetime, upgrade_to: str | None) -> None:
    """Raise ApiCallLimitReached, until the month's end, if the store has used the calls of its plan."""
    limit = store.limits[API_CALLS]
    if store.usage_month != usage_month(store, now) or store.api_calls_month < limit:
        return
    state = call_limit(store, now)
    raise ApiCallLimitReached(
        headers={**retry_after(state.resets_at), **rate_limit_headers([state])},
        extras={"limit": limit, "used": store.api_calls_month, "upgrade_to": upgrade_to},
    )


def call_limit(store: CalledStore, now: datetime) -> RateLimit:
    """Return the state of the plan's limit of calls; the month is a calendar month in UTC."""
    limit, begin = store.limits[API_CALLS], _month_begin(now)
    end = _month_begin(begin + timedelta(days=31))
    return RateLimit("api-calls", limit, end - begin, limit - store.api_calls_month, end)


def _month_begin(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
