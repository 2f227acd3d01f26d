"""Schemas of the notices."""

from __future__ import annotations

from pydantic import Field

from chalicelib.kit.schemas import Input, Query, Schema, Timestamp
from chalicelib.together.enums import NotificationKind

NOTICE_ID = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z#[!-~]{1,200}$"


class NotificationRead(Schema):
    """A notice to the caller. `subject_id` names what it is about; `read_at` is null while it is unread."""

    id: str
    kind: NotificationKind
    title: str
    body: str
    action_url: str | None
    relationship_id: str | None
    subject_id: str | None
    scheduled_for: Timestamp
    read_at: Timestamp | None


class NotificationsReadThrough(Input):
    """The newest notice that the caller has seen."""

    read_through: str = Field(pattern=NOTICE_ID, max_length=255, description="The `id` of a notice.")


class UnreadRead(Schema):
    """The number of unread notices."""

    unread: int


class DueNoticeRead(Schema):
    """A notice that is due and not sent, without its content."""

    user_id: str
    id: str
    due_at: Timestamp


class UnsubscribeQuery(Query):
    """The query of an unsubscribe link."""

    token: str = Field(min_length=1, max_length=1000)
