"""Schemas of provisioning jobs, and the message that runs one."""

from typing import Any, ClassVar

from pydantic import Field

from chalicelib.kit.messages import Message
from chalicelib.kit.schemas import PageQuery, Schema, Timestamp
from chalicelib.platform.enums import JobKind, JobStatus
from chalicelib.platform.schemas.moves import MoveProofRead, RejectedRowRead


class JobDue(Message):
    """Run a job from where it stands. A repeated message finds the job leased or ended."""

    queue: ClassVar[str] = "platform-run_job"

    store_id: str
    job_id: str

    def subjects(self) -> tuple[str, ...]:
        return (f"store:{self.store_id}",)


class JobAccepted(Schema):
    """The job that was started, or the one in progress."""

    job_id: str
    status: JobStatus
    message: str


class DifferenceRead(Schema):
    """What keeps an existing table from being used."""

    table: str
    column: str
    problem: str
    expected: str
    present: str


class JobReport(Schema):
    """The report of a job: differences of existing tables, adopted tables, and objects that a cancellation left.

    A move has its proof; a move from a legacy database also has the first rejected rows, and `rejected_count` for all.
    """

    differences: list[DifferenceRead] = Field(default_factory=list)
    adopted: list[str] = Field(default_factory=list)
    left: list[str] = Field(default_factory=list)
    proof: MoveProofRead | None = None
    rejected: list[RejectedRowRead] = Field(default_factory=list)
    rejected_count: int = 0


class JobStatusRead(Schema):
    """The progress of a job, in percent. `error_code` is the code of the problem that ended it."""

    status: JobStatus
    progress: int
    message: str
    tables_created: int
    total_tables: int
    error_code: str | None
    error_message: str | None
    report: JobReport | None


class StoreJobRead(Schema):
    """A job of a store, for its owner."""

    id: str
    kind: JobKind
    status: JobStatus
    progress: int
    message: str | None
    error_code: str | None
    error_message: str | None
    created_at: Timestamp
    completed_at: Timestamp | None


class JobQuery(PageQuery):
    """The jobs in progress, the longest without a worker first; or the failed ones that can be retried."""

    retryable: bool = Field(default=False, description="List the failed jobs instead of those in progress.")


class JobRead(Schema):
    """A job for operators. It never shows the connection."""

    id: str
    store_id: str
    kind: JobKind
    status: JobStatus
    step: str | None
    progress: int
    message: str | None
    tables_created: int
    total_tables: int
    error_code: str | None
    error_message: str | None
    report: Any = None
    attempts: int
    lease_until: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp
    completed_at: Timestamp | None
