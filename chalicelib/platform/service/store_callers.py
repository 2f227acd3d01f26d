"""Auth verifiers of the data API, which also admit and count the call, and the log of its usage. Load no SQL library.

A caller has a store's key or its owner's access token for the store. The token's session is not read.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from chalicelib.billing import service as billing
from chalicelib.kit import auth, clock, logs, rate_limit_headers, retries
from chalicelib.kit.auth import Credentials, Role, security
from chalicelib.kit.errors import Forbidden, Unauthenticated, Unavailable
from chalicelib.kit.http import CompletedCall
from chalicelib.platform.domain.plan_limits import month_of, usage_month
from chalicelib.platform.domain.store_admission import (
    API_CALLS,
    EVERYONE,
    READERS,
    STORE_TABLES,
    WRITERS,
    call_limit,
    readers_of,
    require_callable,
    require_calls_left,
)
from chalicelib.platform.domain.store_credentials import PresentedKey, key_scope, parse_key
from chalicelib.platform.domain.store_values import is_row_id
from chalicelib.platform.domain.usage_logs import DataCall
from chalicelib.platform.enums import KeyScope
from chalicelib.platform.errors import StoreNotFound
from chalicelib.platform.models import Store
from chalicelib.platform.repository import store_admission, stores
from chalicelib.platform.service import plan_limits, usage_logs

_ATTEMPTS = 4
"""Updates for one call: the first, one after a new month or an ended access, and two more under concurrent changes."""

log = logs.logger("platform")


@dataclass(slots=True)
class CallUsage:
    """Effects of a call, for its log: changed rows by table, and the total of a placed order in the store's currency.

    `bytes` is the size of an uploaded file, negative for a deleted one. `started_seconds` is on the monotonic clock, for
    the response time.
    """

    started_at: datetime = field(default_factory=clock.now)
    started_seconds: float = field(default_factory=time.perf_counter)
    changes: dict[str, dict[str, int]] = field(default_factory=dict)
    amount: Decimal | None = None
    bytes: int = 0

    def count_rows(self, table: str, kind: str, count: int) -> None:
        """Add to the changed rows of a table; `kind` is `created`, `updated` or `deleted`."""
        kinds = self.changes.setdefault(table, {})
        kinds[kind] = kinds.get(kind, 0) + count


@dataclass(slots=True)
class StoreCaller:
    """A caller of a store's data API, whose call is counted. `store` is the row after that."""

    store: Store = field(repr=False)
    scope: KeyScope
    usage: CallUsage = field(default_factory=CallUsage, repr=False)

    @property
    def subject(self) -> str:
        return f"{Role.STORE_OWNER}:{self.store.id}"


def _verifier(scopes_of: Callable[[Credentials], frozenset[KeyScope]]) -> Callable[[Credentials], StoreCaller]:
    """Return a verifier of keys and tokens; a request needs one of the scopes that `scopes_of` returns."""

    @security("storeKey", type="http", scheme="bearer")
    def verify(credentials: Credentials) -> StoreCaller:
        return _admit(credentials.bearer(), scopes_of(credentials))

    return verify


catalogue_reader = _verifier(lambda _: EVERYONE)
"""For reading what every key may read."""
table_reader = _verifier(lambda credentials: readers_of(credentials.path["table"]))
"""For reading the table in the path."""
store_reader = _verifier(lambda _: READERS)
"""For reading customers, orders and discounts."""
store_writer = _verifier(lambda _: WRITERS)
"""For changes."""


def _admit(token: str, scopes: frozenset[KeyScope]) -> StoreCaller:
    """Return the caller, with the call counted.

    Raises Unauthenticated, Forbidden, StoreSuspended, StoreNotProvisioned, ApiCallLimitReached, Unavailable.
    """
    key = parse_key(token)
    store_id = key.store_id if key else auth.verify(token, Role.STORE_OWNER).id
    if not is_row_id(store_id):
        raise _unknown_key()
    month = month_of(clock.now())
    for _ in retries.attempts(_ATTEMPTS):
        store = Store(store_id)
        if store_admission.count_call(store, key, scopes, month, clock.now()):
            rate_limit_headers.report(call_limit(store, clock.now()))
            return StoreCaller(store, _scope(store, key))
        month = _prepare(store_id, key, scopes)
    raise Unavailable("Too many concurrent changes of the store; try again.")


def _prepare(store_id: str, key: PresentedKey | None, scopes: frozenset[KeyScope]) -> str:
    """Apply a new month or an ended access to the store's row, and return the month in which to count the call.

    Raises the reason for which the call was not counted, if it is another.
    """
    try:
        store = stores.get_store(store_id)
    except StoreNotFound:
        raise _unknown_key() from None
    scope = _scope(store, key)
    if scope not in scopes:
        raise Forbidden(f"A key of the scope `{scope}` may not do this.")
    require_callable(store, scopes)
    if plan_limits.update_plan_state(store):
        store = stores.get_store(store_id)
    now = clock.now()
    require_calls_left(store, now, billing.store_plan_above(API_CALLS, store.limits[API_CALLS]))
    return usage_month(store, now)


def _scope(store: Store, key: PresentedKey | None) -> KeyScope:
    """Return what the caller may do; an owner's token may do everything. Raises Unauthenticated for an unknown key."""
    scope = KeyScope.WRITE if key is None else key_scope(store.api_keys, key)
    if scope is None:
        raise _unknown_key()
    return scope


def _unknown_key() -> Unauthenticated:
    return Unauthenticated("The key is invalid or revoked.", headers={"WWW-Authenticate": "Bearer"})


def record_usage(caller: StoreCaller, call: CompletedCall) -> None:
    """Log an admitted call. A failure is logged and not raised: the call has been answered or has changed rows."""
    usage, table = caller.usage, call.credentials.path.get("table")
    try:
        usage_logs.record_call(
            DataCall(
                store_id=caller.store.id,
                endpoint=f"{call.route} {table}" if table in STORE_TABLES else call.route,
                method=call.method,
                status_code=call.status,
                started_at=usage.started_at,
                response_time_ms=round((time.perf_counter() - usage.started_seconds) * 1000),
                changes=usage.changes if call.status < 400 else {},
                amount=usage.amount if call.status < 400 else None,
                bytes=usage.bytes if call.status < 400 else 0,
                error_code=call.error_code,
                source_ip=call.credentials.source_ip,
                user_agent=call.credentials.headers.get("user-agent", ""),
            )
        )
    except Exception:
        log.exception("usage not recorded: the write failed")
