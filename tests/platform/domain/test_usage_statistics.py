"""A month of a store: sums of its days, totals of the last one, and the limits from 80 % on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from chalicelib.platform.domain.usage_statistics import MonthUsage, limits_near, newly_near, percent_used, sum_days

LIMITS = {"max_products": 100, "max_orders_per_month": 50, "max_storage_gb": 2, "max_api_calls_per_month": 1_000}


@dataclass(frozen=True)
class Day:
    """A day's row."""

    metric_date: date
    orders_created: int
    api_calls: int
    total_products: int
    storage_total_bytes: int


def test_a_month_sums_its_days_and_has_the_totals_of_the_last_one() -> None:
    days = [
        Day(date(2026, 11, 2), 1, 10, 7, 70),
        Day(date(2026, 11, 5), 2, 20, 9, 50),
        Day(date(2026, 11, 1), 4, 5, 1, 1),
    ]
    assert sum_days(days) == MonthUsage(products=9, orders=7, storage_bytes=50, api_calls=35)
    assert sum_days([]) is None


@pytest.mark.parametrize(("used", "near"), [(79, []), (80, ["max_products:80"]), (83, ["max_products:83"])])
def test_a_limit_is_near_from_80_percent_on(used: int, near: list[str]) -> None:
    assert limits_near(MonthUsage(used, 0, 0, 0), LIMITS) == near


def test_every_limit_is_compared_in_its_own_unit() -> None:
    usage = MonthUsage(products=120, orders=40, storage_bytes=1_600_000_000, api_calls=999)
    assert limits_near(usage, LIMITS) == [
        "max_api_calls_per_month:99",
        "max_orders_per_month:80",
        "max_products:120",
        "max_storage_gb:80",
    ]
    assert limits_near(usage, {}) == []


def test_a_limit_of_zero_is_used_up() -> None:
    assert percent_used(0, 0) == 100


def test_a_limit_that_stays_near_is_not_new() -> None:
    assert newly_near(["max_products:80"], ["max_products:95", "max_storage_gb:80"]) == ["max_storage_gb"]
