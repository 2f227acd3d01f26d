"""The months of quotas nobody looks at: rolled over by a schedule, so that what is stored tells the truth."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from chalicelib.kit import logs
from chalicelib.kit.batches import Batch
from chalicelib.studio.domain import quota
from chalicelib.studio.repository import quotas
from chalicelib.studio.repository.quotas import Overtaken

LOOK_BACK = 13
"""Months: a schedule that did not run for a year still finds every quota."""

log = logs.logger("studio")


def roll_over_idle_quotas(now: datetime) -> None:
    """Roll every quota over that still counts a month before that of `now`. A shop that is at work does it by itself.

    One that fails ends no other's; it still counts its month, so that the next run finds it.
    """
    batch, month = Batch("studio-roll_over_quotas"), quota.month_of(now)
    for _ in range(LOOK_BACK):
        month = quota.month_of(month - timedelta(days=1))
        batch.run(quotas.iterate_idle(month), partial(_roll, now=now))
    log.info("months rolled over", extra={"count": batch.finish()})


def _roll(shop: str, now: datetime) -> None:
    with suppress(Overtaken):  # it has just been rolled, or will be with its next image
        quotas.roll(shop, partial(quota.rolled_over, now=now))
