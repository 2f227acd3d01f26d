"""The pause of a store's changes, during which its source is compared and the store is switched. Reads continue."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import clock, logs
from chalicelib.platform.domain.move_periods import remaining_drain
from chalicelib.platform.enums import DatabaseStatus
from chalicelib.platform.repository import database_states, transfers
from chalicelib.platform.service.job_runs import JobRun, Postponed

FROZEN_AT = "frozen_at"
"""The name of a note: the time of the pause."""

log = logs.logger("platform")


def freeze_store(run: JobRun) -> None:
    """Pause the store's changes until the job ends, and wait until those that began before have ended.

    The data API answers changes with 503; transfers wait. A store without a database has no callers. Raises Postponed.
    """
    if run.store.database_type is None:
        return
    if FROZEN_AT not in run.notes or run.store.database_status is not DatabaseStatus.MOVING:
        database_states.pause_changes(run.store.id, run.job.id)
        run.note(**{FROZEN_AT: clock.iso(clock.now())})
        log.info("changes paused", extra={"job": run.job.id, "store": run.store.id})
    has_transfer = transfers.has_running_import(run.store.id)
    wait = remaining_drain(clock.parse(run.notes[FROZEN_AT]), clock.now(), has_transfer=has_transfer)
    if wait > timedelta(0):
        raise Postponed(wait + timedelta(seconds=1))  # a queue's delays are whole seconds
