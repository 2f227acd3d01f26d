"""Work whose worker died: handed out again a few times, then failed, with what it held given back."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.kit import clock, logs, metrics
from chalicelib.kit.messages import Message, publish
from chalicelib.studio.models import Generation, GenerationType
from chalicelib.studio.repository import generations
from chalicelib.studio.repository.generations import Ended
from chalicelib.studio.schemas.messages import GenerationRequested, PrintRequested
from chalicelib.studio.service.generations import SLOT, START

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


def _take_care(row: Generation, now: datetime) -> None:
    """A shopper does not wait longer than PATIENCE for a preview; a final, which is paid, waits for a worker, a provider
    or an operator for as long as it takes. Work of which workers die again and again is given up."""
    is_preview = row.generation_type is GenerationType.PREVIEW
    deaths = row.deaths + generations.has_died(row)
    if deaths >= ATTEMPTS or (is_preview and now - row.created_at > PATIENCE):
        generations.fail(row, GAVE_UP)
        log.error("given up", extra={"generation": row.id, "deaths": deaths})
        return
    generations.postpone(row, clock.now() + START, clock.now() + SLOT)
    publish(_again(row))


def _again(row: Generation) -> Message:
    kind = GenerationRequested if row.generation_type is GenerationType.PREVIEW else PrintRequested
    return kind(shop=row.shop_id, generation_id=row.id)
