"""Counters of a store that its plan limits: each is added to in one conditional update of the store's row."""

from __future__ import annotations

from datetime import datetime

from pynamodb.expressions.condition import Condition

from chalicelib.kit import clock
from chalicelib.kit.tables import update_if
from chalicelib.platform.domain.plan_limits import PlanLimit
from chalicelib.platform.domain.subscriptions import PlanState
from chalicelib.platform.models import Store


def has_limits_in_force(now: datetime) -> Condition:
    """Return the condition that the row's limits hold now: those of a plan whose access has not ended, or the free plan's."""
    condition: Condition = Store.access_until.does_not_exist() | (Store.access_until > now)
    return condition


def add_products(store: Store, count: int, now: datetime) -> bool:
    """Add to the number of products. Returns False if they do not fit, or if the limits are not those of `store` now."""
    limit = store.limits[PlanLimit.PRODUCTS.value]
    fits = (Store.limits[PlanLimit.PRODUCTS.value] == limit) & (Store.product_count <= limit - count)
    return update_if(Store(store.id), [Store.product_count.add(count)], fits & has_limits_in_force(now))


def subtract_products(store_id: str, count: int) -> None:
    """Subtract from the number of products, to zero at least; a census may have set it lower."""
    row = Store(store_id)
    if not update_if(row, [Store.product_count.add(-count)], Store.product_count >= count):
        update_if(row, [Store.product_count.set(0)], Store.product_count < count)


def add_bytes(store: Store, count: int, now: datetime) -> bool:
    """Add to the bytes of stored files.

    Returns False if they exceed the limit, or if the limits differ from `store`.
    """
    limit = store.limits[PlanLimit.STORAGE.value]
    most = limit * PlanLimit.STORAGE.unit
    fits = (Store.limits[PlanLimit.STORAGE.value] == limit) & (Store.storage_used_bytes <= most - count)
    return update_if(Store(store.id), [Store.storage_used_bytes.add(count)], fits & has_limits_in_force(now))


def subtract_bytes(store_id: str, count: int) -> None:
    """Subtract from the bytes of stored files, to zero at least; a census may have set them lower."""
    row = Store(store_id)
    if not update_if(row, [Store.storage_used_bytes.add(-count)], Store.storage_used_bytes >= count):
        update_if(row, [Store.storage_used_bytes.set(0)], Store.storage_used_bytes < count)


def add_order(store_id: str, month: str, now: datetime) -> int | None:
    """Count an order in `month` and return its number. Returns None if there is no room, or if the month is another."""
    row = Store(store_id)
    actions = [Store.orders_month.add(1), Store.order_count.add(1), Store.order_number.add(1)]
    has_room = (Store.usage_month == month) & (Store.orders_month < Store.limits[PlanLimit.ORDERS.value])
    return row.order_number if update_if(row, actions, has_room & has_limits_in_force(now)) else None


def subtract_order(store_id: str, month: str) -> None:
    """Subtract an order that was counted in `month`; its number is not used again."""
    in_month = (Store.usage_month == month) & (Store.orders_month > 0)
    actions = [Store.orders_month.add(-1), Store.order_count.add(-1)]
    if not update_if(Store(store_id), actions, in_month):
        update_if(Store(store_id), [Store.order_count.add(-1)], Store.order_count > 0)


def raise_order_number(store_id: str, number: int) -> None:
    """Set the number of the last order to `number`, unless it is higher."""
    update_if(Store(store_id), [Store.order_number.set(number)], Store.order_number < number)


def open_month(store_id: str, month: str) -> bool:
    """Set the monthly counters to zero for a new month. Returns False if the row counts this or a later month."""
    actions = [Store.usage_month.set(month), Store.api_calls_month.set(0), Store.orders_month.set(0)]
    is_earlier = Store.usage_month.does_not_exist() | (Store.usage_month < month)
    return update_if(Store(store_id), actions, Store.id.exists() & is_earlier)


def end_access(store: Store, plan: PlanState) -> bool:
    """Set the plan that holds after the access of `store` ended. Returns False if the row's access has changed."""
    actions = [
        Store.subscription_plan.set(plan.subscription_plan),
        Store.subscription_status.set(plan.subscription_status),
        Store.limits.set(dict(plan.limits)),
        Store.access_until.remove(),
        Store.trial_ends_at.remove(),
        Store.version.add(1),
        Store.updated_at.set(clock.now()),
    ]
    return update_if(Store(store.id), actions, Store.access_until == store.access_until)
