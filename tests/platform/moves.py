"""Moves of stores in tests: jobs run to their end without the waits of a pause, and rows compared on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, select

from chalicelib.integrations.sql import engines
from chalicelib.kit import clock
from chalicelib.platform.domain.move_periods import TRANSFER_DRAIN
from chalicelib.platform.domain.provisioning import Step
from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.domain.store_values import canonical_json
from chalicelib.platform.models import ProvisioningJob
from chalicelib.platform.repository.provisioning_jobs import RUNNING
from chalicelib.platform.repository.store_transactions import in_schema
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.service import job_steps, store_connections
from chalicelib.platform.service.job_runs import JobRun, Postponed
from chalicelib.platform.service.moves.freeze import FROZEN_AT
from chalicelib.platform.service.provisioning_worker import run_job
from chalicelib.platform.store_database.tables import TABLES
from tests.platform.provisioning import OwnerApi, run_to_end


def end_pause(job_id: str) -> None:
    """Let the time pass in which changes that began before the pause may run."""
    job = ProvisioningJob.get(job_id, consistent_read=True)
    if job.step == Step.FREEZE and FROZEN_AT in (job.cursor or {}):
        earlier = clock.iso(clock.parse(job.cursor[FROZEN_AT]) - TRANSFER_DRAIN)
        job.update([ProvisioningJob.cursor.set({**job.cursor, FROZEN_AT: earlier})])


def run_move_to_end(job_id: str, turns: int = 50) -> ProvisioningJob:
    """Run a job's worker until the job ends, without the waits of its pause and of the queue."""
    for _ in range(turns):
        job = ProvisioningJob.get(job_id, consistent_read=True)
        if job.unfinished != RUNNING:
            return job
        end_pause(job_id)
        run_job(JobDue(store_id=job.store_id, job_id=job.id))
    assert turns < 50, f"the job did not end: {job.step}, {job.message}, {job.attempts} attempts"
    return ProvisioningJob.get(job_id, consistent_read=True)


def run_until(job_id: str, step: str) -> ProvisioningJob:
    """Run a job's worker until the job stands before a step, or waits in it."""
    for _ in range(50):
        job = ProvisioningJob.get(job_id, consistent_read=True)
        if job.step == step or job.unfinished != RUNNING:
            return job
        end_pause(job_id)
        with stopped_before(step):
            run_job(JobDue(store_id=job.store_id, job_id=job.id))
    raise AssertionError(f"the job stands at {job.step}")


@contextmanager
def stopped_before(step: str) -> Iterator[None]:
    """Let workers wait before a step, as if their turn were over."""

    def wait(_: JobRun) -> None:
        raise Postponed

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(job_steps.STEPS, Step(step), wait)
        yield


def begin_move(owner: OwnerApi, database: dict[str, Any], **members: Any) -> str:
    """Request a move and return the job's id."""
    answer = owner.post("move", {"database": database, **members})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


def move(owner: OwnerApi, database: dict[str, Any], **members: Any) -> ProvisioningJob:
    """Request a move and run it to its end."""
    return run_move_to_end(begin_move(owner, database, **members))


def run_due(job_id: str) -> ProvisioningJob:
    """Run a scheduled job as if it were due."""
    job = ProvisioningJob(job_id)
    past = clock.now() - timedelta(seconds=1)
    job.update([ProvisioningJob.unfinished.set(RUNNING), ProvisioningJob.lease_until.set(past)])
    return run_to_end(job_id)


def rows_at(place: StorePlace, table: Table) -> list[dict[str, Any]]:
    """Return all rows of a table at a place, in the order of their keys."""
    with store_connections.connect(place.server) as connection:
        scoped = in_schema(connection.execution_options(**{engines.ROLE: place.role}), place.schema)
        rows = scoped.execute(select(table).order_by(*table.primary_key.columns)).mappings()
        return [{name: canonical_json(value) for name, value in row.items()} for row in rows]


def content_at(place: StorePlace) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of all tables at a place."""
    return {table.name: rows_at(place, table) for table in TABLES}
