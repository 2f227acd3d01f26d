"""The day close: steps after a shop's local midnight. Add new steps here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from chalicelib.discounts.models import APP
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
    web_pixel,
)
from chalicelib.kit import messages
from chalicelib.kit.steps import run_all

Step = Callable[[str, date], object]
"""Takes a shop and its ended day."""


def close_shop_day(message: ShopDayEnded) -> None:
    """Run each step for a shop's ended day; a failure stops no other step. Then send the next day up to `last_day`.

    Raises the last error of the steps: the retry then sends the next day.
    """
    is_missed = message.last_day is not None and message.day < message.last_day
    steps = MISSED_DAY_STEPS if is_missed else DAY_STEPS
    run_all(*(partial(step, message.shop, message.day) for step in steps))
    if is_missed:
        next_day = message.day + timedelta(days=1)
        messages.publish(ShopDayEnded(shop=message.shop, app=APP, day=next_day, last_day=message.last_day))


MISSED_DAY_STEPS: tuple[Step, ...] = (
    recommendations.compute_weekly,
    recount_requests.request_weekly_check,
    reports.send_due_report,
)
"""Steps of a day that an outage left open. The others work on the present: the close of the last day runs them."""


DAY_STEPS: tuple[Step, ...] = (
    stock.snapshot_stock,
    measurement.refresh_site,
    ab_tests.end_stopped_tests,
    reconciliation.reconcile_discounts,
    web_pixel.retry_pixel,
    competitor_checks.send_due_checks,
    stock.measure_rates,
    *MISSED_DAY_STEPS,
)
"""Steps after a shop's midnight, for its ended day, in this order: the snapshot is of the midnight. Each may be repeated."""
