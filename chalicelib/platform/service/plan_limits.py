"""Reservations of products, orders and storage within the limits of a store's plan.

The condition of each update holds the limit under concurrent callers. If it fails, the row is read: an ended access or a
new month is applied first, then the reservation is repeated or refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from chalicelib.billing import service as billing
from chalicelib.kit import clock
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.retries import retry_conflicts
from chalicelib.platform.domain import plan_limits as rules
from chalicelib.platform.domain.plan_limits import PlanLimit
from chalicelib.platform.domain.subscriptions import current_plan
from chalicelib.platform.enums import StorePlan
from chalicelib.platform.errors import PlanLimitReached
from chalicelib.platform.models import Store
from chalicelib.platform.repository import plan_limits, stores

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class ReservedOrder:
    """An order that was counted: its number, and the month (`YYYY-MM`) that it was counted in."""

    number: int
    month: str


def reserve_products(store: Store, count: int) -> None:
    """Count new products of a store: one conditional update. `store` is the row as the caller has read it.

    Raises PlanLimitReached if they do not all fit the plan, StoreNotFound.
    """

    def write(row: Store) -> bool | None:
        return plan_limits.add_products(row, count, clock.now()) or None

    _reserve(store, PlanLimit.PRODUCTS, count, write)


def give_back_products(store_id: str, count: int) -> None:
    """Subtract products of a store that were deleted, or reserved and not created."""
    plan_limits.subtract_products(store_id, count)


def reserve_bytes(store: Store, count: int) -> None:
    """Reserve the bytes of a new file with one conditional update. `store` is the row that the caller has read.

    Raises PlanLimitReached, with bytes as `limit` and `used`, if they do not fit the plan; StoreNotFound.
    """

    def write(row: Store) -> bool | None:
        return plan_limits.add_bytes(row, count, clock.now()) or None

    _reserve(store, PlanLimit.STORAGE, count, write)


def give_back_bytes(store_id: str, count: int) -> None:
    """Subtract the bytes of a deleted file, or of a reservation that was not used."""
    plan_limits.subtract_bytes(store_id, count)


def require_room_for(store: Store, amounts: Mapping[PlanLimit, int]) -> None:
    """Raise PlanLimitReached if the amounts of a store's first database do not fit its plan; bytes for storage."""
    if update_plan_state(store):
        store = stores.get_store(store.id)
    for limit, amount in amounts.items():
        allowed = rules.limit_state(store, limit, clock.now()).limit
        if amount > allowed:
            raise PlanLimitReached(f"{limit.value}: the database has {amount}, the plan allows {allowed}.")


def reserve_order(store: Store) -> ReservedOrder:
    """Count a new order of a store in the present month and return its number: one conditional update.

    `store` is the row as the caller has read it. Raises PlanLimitReached, StoreNotFound.
    """

    def write(row: Store) -> ReservedOrder | None:
        now = clock.now()
        month = rules.usage_month(row, now)
        number = plan_limits.add_order(row.id, month, now)
        return None if number is None else ReservedOrder(number, month)

    return _reserve(store, PlanLimit.ORDERS, 1, write)


def give_back_order(store_id: str, order: ReservedOrder) -> None:
    """Take back an order that was reserved and not created. Its number stays unused."""
    plan_limits.subtract_order(store_id, order.month)


def update_plan_state(store: Store) -> bool:
    """Apply what needs no message to a row that the caller has read: the end of its plan's access, and a new month.

    Returns whether one of them was due. Concurrent calls apply each once.
    """
    now = clock.now()
    has_lapsed = rules.has_lapsed(store, now)
    if has_lapsed:
        free_limits = billing.store_plan_limits(StorePlan.FREE)
        plan_limits.end_access(store, current_plan(store.subscriptions, free_limits, now))
    month = rules.usage_month(store, now)
    if store.usage_month != month:
        plan_limits.open_month(store.id, month)
    return has_lapsed or store.usage_month != month


def _reserve(store: Store, limit: PlanLimit, count: int, write: Callable[[Store], R | None]) -> R:
    """Call `write` with the row until it succeeds. Raises PlanLimitReached if the row leaves no room."""
    row = store

    def attempt() -> R:
        nonlocal row
        result = write(row)
        if result is not None:
            return result
        row = stores.get_store(store.id)
        if update_plan_state(row):
            row = stores.get_store(store.id)
        _require_room(row, limit, count)
        raise WriteConflict

    return retry_conflicts(attempt)


def _require_room(store: Store, limit: PlanLimit, count: int) -> None:
    """Raise PlanLimitReached if `count` more do not fit the store's limit."""
    state = rules.limit_state(store, limit, clock.now())
    if state.used + count > state.limit:
        plan = billing.store_plan_above(limit.value, max(state.limit, state.used + count - 1) // limit.unit)
        raise PlanLimitReached(extras={"limit": state.limit, "used": state.used, "upgrade_to": plan})
