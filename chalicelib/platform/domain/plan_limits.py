"""Limits of a store's plan: what counts against them, in which month, and why a reservation failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from chalicelib.platform.enums import StorePlan

BYTES_PER_GB = 1_000_000_000


class CountedStore(Protocol):
    """The columns of a store's row that the limits read."""

    @property
    def subscription_plan(self) -> StorePlan: ...
    @property
    def limits(self) -> Mapping[str, int]: ...
    @property
    def access_until(self) -> datetime | None: ...
    @property
    def usage_month(self) -> str | None: ...
    @property
    def product_count(self) -> int: ...
    @property
    def orders_month(self) -> int: ...
    @property
    def storage_used_bytes(self) -> int: ...


class PlanLimit(Enum):
    """A limit with its name in `limits`."""

    PRODUCTS = "max_products"
    ORDERS = "max_orders_per_month"
    STORAGE = "max_storage_gb"

    @property
    def unit(self) -> int:
        """The counted units in one unit of the limit: storage is counted in bytes and limited in gigabytes."""
        return BYTES_PER_GB if self is PlanLimit.STORAGE else 1


@dataclass(frozen=True, slots=True)
class LimitState:
    """A limit of a store and the amount used; storage is in bytes."""

    limit: int
    used: int


def month_of(now: datetime) -> str:
    """Return the calendar month of a time in UTC, `YYYY-MM`."""
    return f"{now:%Y-%m}"


def usage_month(store: CountedStore, now: datetime) -> str:
    """Return the month that the store's counters are of now: never an earlier one than the row's.

    A process whose clock is behind at the month's turn counts in the new month, too.
    """
    return max(month_of(now), store.usage_month or "")


def has_lapsed(store: CountedStore, now: datetime) -> bool:
    """Return whether the access of the store's plan has ended, so that the free plan's limits hold."""
    return store.access_until is not None and store.access_until <= now


def is_on_free_plan(store: CountedStore, now: datetime) -> bool:
    """Return whether the free plan holds now: the row keeps an ended plan until the store's next call."""
    return store.subscription_plan is StorePlan.FREE or has_lapsed(store, now)


def limit_state(store: CountedStore, limit: PlanLimit, now: datetime) -> LimitState:
    """Return a limit of the store and what is used of it, in the present month for a monthly one."""
    if limit is PlanLimit.PRODUCTS:
        return LimitState(store.limits[limit.value], store.product_count)
    if limit is PlanLimit.STORAGE:
        return LimitState(store.limits[limit.value] * limit.unit, store.storage_used_bytes)
    is_present = store.usage_month == usage_month(store, now)
    return LimitState(store.limits[limit.value], store.orders_month if is_present else 0)
