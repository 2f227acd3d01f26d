"""Recovery of work whose worker crashed or whose retry is due.

A preview is given up after an hour or three dead workers, and its quota is returned. A final is paid for, so it is
retried until it is done.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from chalicelib.kit import clock, logs
from chalicelib.kit.messages import publish
from chalicelib.studio.domain.retry_schedule import retry_delay, spread_of
from chalicelib.studio.metrics import OLDEST_OPEN_PRINT, PRINTS_OPEN, WORK_RECOVERED
from chalicelib.studio.models import Generation, GenerationType
from chalicelib.studio.repository import generations
from chalicelib.studio.repository.generations import GenerationEnded
from chalicelib.studio.schemas.messages import FinalRequested, GenerationRequested
from chalicelib.studio.service.generation_worker import FINAL_DELAYED, delete_model_input, postpone_final
from chalicelib.studio.service.generations import SLOT_LEASE, START_LEASE

MAX_DEATHS = 3
"""Workers that may die on a preview before it is given up."""
PREVIEW_LIFETIME = timedelta(hours=1)
PREVIEW_ABANDONED = "The preview could not be made; please try again."

log = logs.logger("studio")


def recover_generations(now: datetime) -> None:
    """Recover every preview and final whose lease expired before `now`. One that fails does not stop the others."""
    for kind in GenerationType:
        for row in generations.iterate_overdue(kind, now):
            WORK_RECOVERED.count(kind=kind.value)
            try:
                _recover_generation(row, now)
            except GenerationEnded:
                continue  # a worker ended it, or has a new lease
            except Exception:
                log.exception("generation not recovered: unexpected error", extra={"generation": row.id})


def measure_open_finals(now: datetime) -> None:
    """Write the metrics of unfinished paid finals: their count and the age of the oldest; at every run, zero too."""
    request_times = generations.list_open_final_times()
    PRINTS_OPEN.count(len(request_times))
    OLDEST_OPEN_PRINT.record(longest_wait(request_times, now))


def longest_wait(request_times: Iterable[datetime], now: datetime) -> timedelta:
    """Return how long the oldest request waits at `now`; zero if there is none."""
    return max((now - each for each in request_times if each < now), default=timedelta(0))


def _recover_generation(row: Generation, now: datetime) -> None:
    if row.generation_type is GenerationType.FINAL:
        _requeue_final(row)
        return
    deaths = row.deaths + generations.worker_died(row)
    if deaths >= MAX_DEATHS or now - row.created_at > PREVIEW_LIFETIME:
        generations.fail_generation(row, PREVIEW_ABANDONED)
        delete_model_input(row)
        log.error("preview failed: no attempts left", extra={"generation": row.id, "deaths": deaths})
        return
    generations.requeue_work(row, clock.now() + START_LEASE, clock.now() + SLOT_LEASE)
    publish(GenerationRequested(shop=row.shop_id, generation_id=row.id))


def _requeue_final(row: Generation) -> None:
    """Queue a final whose attempt is due; postpone one whose worker crashed, as after any failure.

    The more often a final failed, the longer its message may stay in the queue before another one is sent.
    """
    if generations.worker_died(row):
        log.error("final postponed: its worker crashed", extra={"generation": row.id, "order": row.order_id})
        postpone_final(row, FINAL_DELAYED)
        return
    lease = max(START_LEASE, retry_delay(row.retries + 1, spread_of(row.id)))
    generations.requeue_work(row, clock.now() + lease, clock.now() + SLOT_LEASE)
    publish(FinalRequested(shop=row.shop_id, generation_id=row.id))
