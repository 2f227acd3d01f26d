"""Monthly rollover of quotas of shops that make no images, so that stored counters stay correct."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from chalicelib.kit import logs
from chalicelib.kit.errors import WriteConflict
from chalicelib.studio.domain import quota
from chalicelib.studio.repository import quotas

LOOK_BACK = 13
"""Months to look back: a schedule that did not run for a year still finds every quota."""

log = logs.logger("studio")


def roll_over_idle_quotas(now: datetime) -> None:
    """Roll over each quota that counts a month before that of `now`. Active shops roll over with their next image."""
    month, count = quota.month_of(now), 0
    for _ in range(LOOK_BACK):
        month = quota.month_of(month - timedelta(days=1))
        for shop in quotas.iterate_by_month(month):
            try:
                quotas.update_state(shop, partial(quota.roll_over, now=now))
            except WriteConflict:
                continue  # a concurrent request rolled it over
            count += 1
    log.info("quotas rolled over", extra={"count": count})
