"""Monthly rollover of quotas of shops that make no images, so that stored counters stay correct."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from chalicelib.kit import logs
from chalicelib.kit.batches import Batch
from chalicelib.kit.errors import WriteConflict
from chalicelib.studio.domain import quota
from chalicelib.studio.repository import quotas

LOOK_BACK = 13
"""Months to look back: a schedule that did not run for a year still finds every quota."""

log = logs.logger("studio")


def roll_over_idle_quotas(now: datetime) -> None:
    """Roll over each quota that counts a month before that of `now`. Active shops roll over with their next image.

    A failing quota ends no other's rollover; the next run finds it, because it still counts its month.
    """
    batch, month = Batch("studio-roll_over_quotas"), quota.month_of(now)
    for _ in range(LOOK_BACK):
        month = quota.month_of(month - timedelta(days=1))
        batch.run(quotas.iterate_by_month(month), partial(_roll_over, now=now))
    log.info("quotas rolled over", extra={"count": batch.finish()})


def _roll_over(shop: str, now: datetime) -> None:
    """Roll over one quota; do nothing if a concurrent request has done so."""
    with suppress(WriteConflict):
        quotas.update_state(shop, partial(quota.roll_over, now=now))
