"""The months of quotas nobody looks at: rolled over by a schedule, so that what is stored tells the truth."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from chalicelib.kit import logs
from chalicelib.studio.domain import quota
from chalicelib.studio.repository import quotas
from chalicelib.studio.repository.quotas import Overtaken

LOOK_BACK = 13
"""Months: a schedule that did not run for a year still finds every quota."""

log = logs.logger("studio")


def roll_over_idle_quotas(now: datetime) -> None:
    """Roll every quota over that still counts a month before that of `now`. A shop that is at work does it by itself."""
    month, count = quota.month_of(now), 0
    for _ in range(LOOK_BACK):
        month = quota.month_of(month - timedelta(days=1))
        for shop in quotas.iterate_idle(month):
            try:
                quotas.roll(shop, partial(quota.rolled_over, now=now))
            except Overtaken:
                continue  # it has just been rolled, or will be with its next image
            count += 1
    log.info("months rolled over", extra={"count": count})
