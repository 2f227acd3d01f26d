"""The day close: steps after a shop's local midnight. Add new steps here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from functools import partial

from chalicelib.discounts.schemas.publication import ShopDayEnded
from chalicelib.discounts.service import (
    ab_tests,
    competitor_checks,
    measurement,
    recommendations,
    reconciliation,
    recount_requests,
    reports,
    stock,
)


def close_shop_day(message: ShopDayEnded) -> None:
    """Run each step for a shop's ended day; a failure stops no other. Raises the last error."""
    with ExitStack() as steps:
        for step in reversed(DAY_STEPS):  # the stack runs the last one first
            steps.callback(partial(step, message.shop, message.day))


DAY_STEPS: tuple[Callable[[str, date], object], ...] = (
    stock.snapshot_stock,
    measurement.refresh_site,
    ab_tests.end_stopped_tests,
    reconciliation.reconcile_discounts,
    competitor_checks.send_due_checks,
    stock.measure_rates,
    recommendations.compute_weekly,
    recount_requests.request_weekly_check,
    reports.send_due_report,
)
"""Steps after a shop's midnight, for its ended day, in this order: the snapshot is of the midnight. Each may be repeated."""
