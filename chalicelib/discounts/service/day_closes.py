"""What follows a shop's local day. New steps are listed here."""

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
    reports,
)


def close_shop_day(message: ShopDayEnded) -> None:
    """Run each step for a shop's ended day; one that fails ends no other. Raises the error of the last that failed."""
    with ExitStack() as steps:
        for step in reversed(DAY_STEPS):  # the stack runs the last one first
            steps.callback(partial(step, message.shop, message.day))


DAY_STEPS: tuple[Callable[[str, date], object], ...] = (
    measurement.refresh_site,
    ab_tests.end_stopped_tests,
    reconciliation.reconcile_discounts,
    competitor_checks.send_due_checks,
    recommendations.compute_weekly,
    reports.send_due_report,
)
"""Steps after a shop's midnight, for its ended day. Each may be repeated."""
