"""Work whose worker died, or whose next attempt is due: handed out again. A preview is given up after a while, and what
it held is given back; a final, which is paid, is retried for as long as it takes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from chalicelib.kit import clock, logs, metrics
from chalicelib.kit.messages import publish
from chalicelib.studio.models import Generation, GenerationType
from chalicelib.studio.repository import generations
from chalicelib.studio.repository.generations import Ended
from chalicelib.studio.retry_schedule import retry_delay, spread_of
from chalicelib.studio.schemas.messages import GenerationRequested, PrintRequested
from chalicelib.studio.service.generations import SLOT, START
from chalicelib.studio.service.making import WAITS_FOR_US, wait_for_retry

ATTEMPTS = 3
PATIENCE = timedelta(hours=1)
GAVE_UP = "It could not be made; please try again."

log = logs.logger("studio")


def recover(now: datetime) -> None:
    """Take care of every preview and final that is past its lease at `now`."""
    for kind in GenerationType:
        for row in generations.iterate_overdue(kind, now):
            metrics.count("WorkRecovered", kind=kind.value)
            try:
                _take_care(row, now)
            except Ended:
                continue  # it got on by itself
            except Exception:
                log.exception("it could not be taken care of", extra={"generation": row.id})


def watch_prints(now: datetime) -> None:
    """Record how many paid finals are not made yet, and how long the oldest waits; at every run, zero too."""
    since = generations.list_open_since()
    metrics.count("PrintsOpen", len(since))
    metrics.duration("OldestOpenPrint", longest_wait(since, now))


def longest_wait(since: Iterable[datetime], now: datetime) -> timedelta:
    """Return how long the oldest waits at `now`; zero if nothing does."""
    return max((now - each for each in since if each < now), default=timedelta(0))


def _take_care(row: Generation, now: datetime) -> None:
    if row.generation_type is GenerationType.FINAL:
        _hand_out_final(row)
        return
    deaths = row.deaths + generations.has_died(row)
    if deaths >= ATTEMPTS or now - row.created_at > PATIENCE:
        generations.fail(row, GAVE_UP)
        log.error("given up", extra={"generation": row.id, "deaths": deaths})
        return
    generations.postpone(row, clock.now() + START, clock.now() + SLOT)
    publish(GenerationRequested(shop=row.shop_id, generation_id=row.id))


def _hand_out_final(row: Generation) -> None:
    """Publish a final whose attempt is due; one whose worker died waits first, as after any failure.

    The more often a final failed, the longer its message may stay in the queue before another one is sent.
    """
    if generations.has_died(row):
        log.error("worker died while making a final", extra={"generation": row.id, "order": row.order_id})
        wait_for_retry(row, WAITS_FOR_US)
        return
    lease = max(START, retry_delay(row.retries + 1, spread_of(row.id)))
    generations.postpone(row, clock.now() + lease, clock.now() + SLOT)
    publish(PrintRequested(shop=row.shop_id, generation_id=row.id))
