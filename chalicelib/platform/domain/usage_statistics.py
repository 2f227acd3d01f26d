"""A store's usage in a month, summed from its days, and the limits that it is near. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from chalicelib.platform.domain.plan_limits import PlanLimit
from chalicelib.platform.domain.store_admission import API_CALLS

NEAR_PERCENT = 80
"""A store is near a limit from this percentage on."""


class UsageDay(Protocol):
    """The columns of a day that the month sums."""

    @property
    def metric_date(self) -> date: ...
    @property
    def orders_created(self) -> int: ...
    @property
    def api_calls(self) -> int: ...
    @property
    def total_products(self) -> int: ...
    @property
    def storage_total_bytes(self) -> int: ...


@dataclass(frozen=True, slots=True)
class MonthUsage:
    """The figures of a month, named as the columns of its row: totals are those of its last day with calls."""

    products: int
    orders: int
    storage_bytes: int
    api_calls: int


def sum_days(days: Sequence[UsageDay]) -> MonthUsage | None:
    """Return the figures of a month's days; None without days."""
    if not days:
        return None
    last = max(days, key=lambda day: day.metric_date)
    return MonthUsage(
        products=last.total_products,
        orders=sum(day.orders_created for day in days),
        storage_bytes=last.storage_total_bytes,
        api_calls=sum(day.api_calls for day in days),
    )


def limits_near(usage: MonthUsage, limits: Mapping[str, int]) -> list[str]:
    """Return the limits of which 80 % and more are used, each with the percentage: `max_products:83`."""
    used = {
        PlanLimit.PRODUCTS: usage.products,
        PlanLimit.ORDERS: usage.orders,
        PlanLimit.STORAGE: usage.storage_bytes,
    }
    percents = {
        each.value: percent_used(used[each], limits[each.value] * each.unit) for each in used if each.value in limits
    }
    if API_CALLS in limits:
        percents[API_CALLS] = percent_used(usage.api_calls, limits[API_CALLS])
    return [f"{name}:{percent}" for name, percent in sorted(percents.items()) if percent >= NEAR_PERCENT]


def percent_used(used: int, limit: int) -> int:
    """Return how much of a limit is used, in whole percent, rounded down; a limit of 0 is used up."""
    return 100 * used // limit if limit > 0 else 100


def newly_near(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Return the names of the limits in `after` that are not in `before`, whatever their percentages."""
    known = {entry.partition(":")[0] for entry in before}
    return [name for entry in after if (name := entry.partition(":")[0]) not in known]
