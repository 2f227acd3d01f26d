"""A worker's run of a leased job: its progress, what it noted, and the connection to the server."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib.kit import clock
from chalicelib.platform.domain.provisioning import MESSAGES, STATUSES, TURN, Step, progress_at
from chalicelib.platform.domain.provisioning_targets import ProvisioningTarget
from chalicelib.platform.domain.table_marks import TableMark
from chalicelib.platform.enums import JobKind
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.repository import provisioning_jobs
from chalicelib.platform.service import store_connections
from chalicelib.platform.service.job_requests import JobRequest, unseal_request

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Postponed(Exception):
    """The job must wait for `delay` before its next step."""

    def __init__(self, delay: timedelta = timedelta(0)) -> None:
        super().__init__()
        self.delay = delay


@dataclass
class JobRun:
    """A leased job and its store. The writes raise LeaseLost if the lease is lost."""

    job: ProvisioningJob
    store: Store
    ends_at: datetime
    resources: ExitStack = field(default_factory=ExitStack)
    target: ProvisioningTarget | None = None
    """Where the tables are created; None until `provisioning_places.get_target` sets it."""
    _connection: Connection | None = None

    @classmethod
    def start(cls, job: ProvisioningJob, store: Store) -> JobRun:
        """Return the run of a job that was leased now."""
        return cls(job, store, clock.now() + TURN)

    @cached_property
    def request(self) -> JobRequest:
        """The job's request, unsealed at its first use. Raises DecryptionFailed."""
        return unseal_request(self.job)

    @property
    def place_id(self) -> str:
        """The id in the names of a new schema, role and login.

        A job that keeps the store's current place uses its own id; every other job uses the store's.
        """
        return self.store.id if self.job.kind is JobKind.PROVISION else self.job.id

    @property
    def mark(self) -> TableMark:
        return TableMark(self.store.id, self.job.id)

    @property
    def notes(self) -> dict[str, Any]:
        """The notes of the job: names that a repeated step must reuse."""
        return dict(self.job.cursor or {})

    def connect(self, target: ProvisioningTarget) -> Connection:
        """Return the run's connection, with the login of the target's admin. The caller begins and commits transactions."""
        if self._connection is None:
            self._connection = self.resources.enter_context(store_connections.connect(target.admin))
        return self._connection

    def require_time(self) -> None:
        """Raise Postponed if the worker's turn is over."""
        if clock.now() >= self.ends_at:
            raise Postponed

    def require_lease(self) -> None:
        """Raise LeaseLost if the lease has expired: another worker may have the job. Called before a commit."""
        if self.job.lease_until is None or clock.now() >= self.job.lease_until:
            raise provisioning_jobs.LeaseLost

    def note(self, **values: Any) -> None:
        """Store notes in the job's cursor."""
        self.save(cursor=self.notes | values)

    def save(self, **columns: Any) -> None:
        """Store columns of the job and renew the lease."""
        provisioning_jobs.save_progress(self.job, columns)

    def begin_step(self, step: Step) -> None:
        """Store the step that begins, with its status, progress and message."""
        job = self.job
        progress = progress_at(job.kind, step, 0, job.progress)
        status = STATUSES.get(step, job.status)
        self.save(step=step, status=status, progress=progress, message=MESSAGES[step])

    def save_share(self, share: float, message: str = "", **columns: Any) -> None:
        """Store the completed share (0 to 1) of the step, with additional columns."""
        step = Step(self.job.step)
        progress = progress_at(self.job.kind, step, share, self.job.progress)
        self.save(progress=progress, message=message or MESSAGES[step], **columns)

    def save_tables(self, count: int) -> None:
        """Store the number of tables that exist."""
        share = count / self.job.total_tables
        progress = progress_at(self.job.kind, Step.CREATE, share, self.job.progress)
        message = f"{MESSAGES[Step.CREATE]}: {count} of {self.job.total_tables}"
        self.save(tables_created=count, progress=progress, message=message)
