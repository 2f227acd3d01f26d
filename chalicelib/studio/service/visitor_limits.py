"""Limits per visitor: set by the merchant, counted in the transaction of the upload or preview.

The counters are read with the request's other rows and written in its transaction. So a request that is refused for
another reason, or repeated with its Idempotency-Key, is not counted. A preview that fails later stays counted, because it
used the image model; the shop's quota is credited with the image.
"""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.kit import attempts, logs
from chalicelib.kit.attempts import Counter, Limit
from chalicelib.kit.errors import VersionMismatch
from chalicelib.kit.http.etags import content_version
from chalicelib.kit.tables import Table, Transaction
from chalicelib.shops.service import Shopper
from chalicelib.studio.domain import visitor_limits
from chalicelib.studio.domain.visitor_limits import LENGTHS, VisitorAction, VisitorGroup, VisitorLimit
from chalicelib.studio.errors import VisitorLimitReached
from chalicelib.studio.models import Quota
from chalicelib.studio.repository import quotas
from chalicelib.studio.schemas.visitor_limits import VisitorLimitsPut, VisitorLimitsRead

log = logs.logger("studio")


def get_limits(shop: str) -> VisitorLimitsRead:
    """Return the shop's limits per visitor; a limit that the merchant has not set has its default."""
    return _to_read(quotas.get_or_default(shop))


def put_limits(shop: str, body: VisitorLimitsPut, if_match: str | None) -> VisitorLimitsRead:
    """Set all limits per visitor; they apply from the next request. Raises VersionMismatch if `if_match` is stale."""

    def check(row: Quota) -> None:
        if if_match not in (None, "*", content_version(_to_read(row))):
            raise VersionMismatch

    return _to_read(quotas.set_visitor_limits(shop, body.model_dump(), check))


def counter_keys(shopper: Shopper, action: VisitorAction) -> list[tuple[type[Table], tuple[str, ...]]]:
    """Return the keys of the rows that count the shopper's action; read them together with the quota, consistently."""
    return attempts.keys([counter for _, counter in _counters(shopper, action, None)])


def stage_count(
    transaction: Transaction, shopper: Shopper, action: VisitorAction, quota_row: Quota, rows: Sequence[Table | None]
) -> None:
    """Stage the count of one action; `rows` are the rows of `counter_keys`.

    The transaction fails with WriteConflict if a counter changed. Raises VisitorLimitReached.
    """
    limits = _counters(shopper, action, quota_row)
    counters = [counter for _, counter in limits]
    full = attempts.find_full_counter(counters, rows)
    if full is not None:
        limit = next(limit for limit, counter in limits if counter == full.counter)
        log.info(
            "upload or preview refused: limit per visitor reached", extra={"group": limit.group, "window": limit.window}
        )
        raise VisitorLimitReached(limit, full)
    attempts.stage(transaction, counters, rows)


def _counters(shopper: Shopper, action: VisitorAction, quota_row: Quota | None) -> list[tuple[VisitorLimit, Counter]]:
    """Return each limit of the shopper's action with its counter. Without a quota, only the counters' keys are valid."""
    stored, monthly_limit = (quota_row.visitor_limits, quota_row.monthly_generation_limit) if quota_row else (None, 0)
    visitor = _groups(shopper)
    return [
        (limit, _counter(limit, shopper.shop, visitor[limit.group]))
        for limit in visitor_limits.limits_of(stored, monthly_limit, action, list(visitor))
    ]


def _counter(limit: VisitorLimit, shop: str, visitor: str) -> Counter:
    is_own = limit.group is not VisitorGroup.ALL_GUESTS
    purpose = f"studio/{limit.group}/{limit.action}/{limit.window}"
    return attempts.counter(Limit(purpose, limit.count, LENGTHS[limit.window], is_own), shop, visitor)


def _groups(shopper: Shopper) -> dict[VisitorGroup, str]:
    """Return the groups of the shopper, each with the shopper's identifier in the group (an id, a network, or empty)."""
    if shopper.customer_id:
        return {VisitorGroup.CUSTOMER: shopper.customer_id}
    network = attempts.network_of(shopper.address)
    return ({VisitorGroup.GUEST_ADDRESS: network} if network else {}) | {VisitorGroup.ALL_GUESTS: ""}


def _to_read(row: Quota) -> VisitorLimitsRead:
    limits = visitor_limits.limits_json(row.visitor_limits, row.monthly_generation_limit)
    return VisitorLimitsRead.model_validate(limits)
