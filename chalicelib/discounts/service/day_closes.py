"""What follows a shop's local day. New steps are listed here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from functools import partial

from chalicelib.discounts.schemas.publication import ShopDayEnded
from chalicelib.discounts.service import reconciliation, recount_requests, stock


def close_shop_day(message: ShopDayEnded) -> None:
    """Run each step for a shop's ended day; one that fails ends no other. Raises the error of the last that failed."""
    with ExitStack() as steps:
        for step in reversed(DAY_STEPS):  # the stack runs the last one first
            steps.callback(partial(step, message.shop, message.day))


DAY_STEPS: tuple[Callable[[str, date], object], ...] = (
    reconciliation.reconcile_discounts,
    stock.snapshot_stock,
    stock.measure_rates,
    recount_requests.request_weekly_check,
)
"""Steps after a shop's midnight, for its ended day. Each may be repeated."""
