"""The messages in which retention gives itself work, and what operators ask of it and read."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from chalicelib.kit.data_policy import ExpiryAction
from chalicelib.kit.messages import Message
from chalicelib.kit.schemas import Input, PageQuery, Schema, Timestamp
from chalicelib.retention.models import PrivacyKind, PrivacyStatus, RunStatus


class SweepRequested(Message):
    """One segment of a rule's run has rows to look at. Where it stands is in the run's row, not here."""

    queue: ClassVar[str | None] = "retention-sweep_segment"

    rule: str
    run: str
    segment: int


class ErasureRequested(Message):
    """Work for `retention-erase_subject`: go on with a request. It names no subject: it must not be dropped."""

    queue: ClassVar[str | None] = "retention-erase_subject"

    request: str


class ExportRequested(Message):
    """Work for `retention-export_subject`: make the export of a request."""

    queue: ClassVar[str | None] = "retention-export_subject"

    request: str


class PrivacyRequestCreate(Input):
    """Erase somebody, or export what is held of them."""

    kind: Literal["erase", "export"]
    subject: str = Field(
        min_length=1, max_length=300, description="shop:<domain>, customer:<domain>:<GID>, member:<id>, store:<id>"
    )


class PrivacyRequestsQuery(PageQuery):
    """Requests of one status, the soonest due first; or those about one subject, the newest first."""

    status: PrivacyStatus = PrivacyStatus.RUNNING
    subject: str | None = Field(default=None, min_length=1, max_length=300)


class PrivacyRequestRead(Schema):
    """A request and how far it is. Once it is completed, `subject` is a pseudonym."""

    id: str
    kind: PrivacyKind
    subject: str
    origin: str
    status: PrivacyStatus
    step: str | None
    """Where its worker is: a table, or a folder."""
    counts: dict[str, int]
    """What was done so far, by table; `objects` are files."""
    report: dict[str, Any] | None
    due_at: Timestamp
    created_at: Timestamp
    completed_at: Timestamp | None


class ExportLinkRead(Schema):
    """Where an export can be fetched, until then. Whoever has the link has the export."""

    url: str
    expires_at: Timestamp


class RuleRunsQuery(PageQuery):
    """The runs of one rule, the newest first."""

    rule: str = Field(min_length=1, max_length=100, description="<context>/<table>, as the list of rules has it")


class RuleRunRead(Schema):
    """One run of a rule over its table. One that has failed is taken up again by the next sweep."""

    run: str
    """The moment for which it was due, UTC."""
    status: RunStatus
    cut_off: Timestamp
    """Rows whose time counts from this moment, or one before it, are over."""
    segments: int
    segments_left: int
    rows_archived: int
    rows_deleted: int
    started_at: Timestamp
    completed_at: Timestamp | None


class RuleRead(Schema):
    """How long the rows of a table live, and the newest run; none before the first sweep."""

    rule: str
    counts: str
    """The column whose moment counts."""
    keep_seconds: int
    then: ExpiryAction
    latest: RuleRunRead | None
