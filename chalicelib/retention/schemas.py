"""Messages of retention, and request and response schemas for operators."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from chalicelib.kit.data_policy import ExpiryAction
from chalicelib.kit.messages import Message
from chalicelib.kit.schemas import Input, PageQuery, Schema, Timestamp
from chalicelib.retention.models import PrivacyKind, PrivacyStatus, RunStatus


class SweepRequested(Message):
    """A task for `retention-sweep_segment`. The run's row holds the segment's cursor."""

    queue: ClassVar[str | None] = "retention-sweep_segment"

    rule: str
    run: str
    segment: int


class ErasureRequested(Message):
    """A task for `retention-erase_subject`. It has no data subject, because tombstones must not drop it."""

    queue: ClassVar[str | None] = "retention-erase_subject"

    request: str


class ExportRequested(Message):
    """A task for `retention-export_subject`."""

    queue: ClassVar[str | None] = "retention-export_subject"

    request: str


class PrivacyRequestCreate(Input):
    """A request to erase or export the data of a subject."""

    kind: Literal["erase", "export"]
    subject: str = Field(
        min_length=1,
        max_length=300,
        description="shop:<domain>, customer:<domain>:<GID>, member:<id>, store:<id>, owner:<id>",
    )


class PrivacyRequestsQuery(PageQuery):
    """Requests with a status, the earliest due date first; or all requests about a subject, newest first."""

    status: PrivacyStatus = PrivacyStatus.RUNNING
    subject: str | None = Field(default=None, min_length=1, max_length=300)


class PrivacyRequestRead(Schema):
    """A request and its progress. Once it is completed, `subject` is a pseudonym."""

    id: str
    kind: PrivacyKind
    subject: str
    origin: str
    status: PrivacyStatus
    step: str | None
    """The current step of the worker: a table or a folder."""
    counts: dict[str, int]
    """Erased or exported rows so far, by table; `objects` counts files."""
    report: dict[str, Any] | None
    due_at: Timestamp
    created_at: Timestamp
    completed_at: Timestamp | None


class ExportLinkRead(Schema):
    """A link to an export, valid until `expires_at`. Anyone with the link can download the export."""

    url: str
    expires_at: Timestamp


class MemberExportRead(Schema):
    """An export of the member's data. Anyone with the link can download it, until `url_expires_at`."""

    id: str
    status: PrivacyStatus
    created_at: Timestamp
    completed_at: Timestamp | None
    url: str | None
    url_expires_at: Timestamp | None


class RuleRunsQuery(PageQuery):
    """The runs of one rule, newest first."""

    rule: str = Field(min_length=1, max_length=100, description="The name of a rule: <context>/<table>")


class RuleRunRead(Schema):
    """One run of a rule over its table. The next sweep resumes a failed run."""

    run: str
    """The time for which the run was due, UTC."""
    status: RunStatus
    cut_off: Timestamp
    """Rows with a time at or before this one are expired."""
    segments: int
    segments_left: int
    rows_archived: int
    rows_deleted: int
    started_at: Timestamp
    completed_at: Timestamp | None


class RuleRead(Schema):
    """The lifetime of a table's rows, or of a lake's days (`lake/…`)."""

    rule: str
    counts: str
    """The column with the time from which the lifetime counts; `last write` for a lake."""
    keep_seconds: int
    then: ExpiryAction
    storage_classes: dict[str, int]
    """Days after which objects of a lake change to a storage class of S3; empty for a table."""
    latest: RuleRunRead | None
    """The latest run; null before the first sweep, and for a lake, whose days the bucket deletes."""
