"""Schemas of the audit log, and the message of a change."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from chalicelib.kit.messages import Message
from chalicelib.kit.schemas import PageQuery, Schema, Timestamp, TimestampInput


class PlatformChanged(Message):
    """Work for `platform-record_audit`: an owner or operator changed something of platform.

    `before` and `after` hold the changed fields, a secret as `changed`. The message has no data subject: erasures do not
    drop it, because the audit log must stay complete.
    """

    queue: ClassVar[str] = "platform-record_audit"

    scope: str
    actor_id: str
    actor_type: str
    action: str
    target: str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    ip_network: str | None = None


class AuditQuery(PageQuery):
    """Filters of the audit log: a range of time."""

    start: TimestampInput | None = Field(default=None, alias="from", description="Entries from this time on.")
    end: TimestampInput | None = Field(default=None, alias="to", description="Entries before this time.")


class OperatorAuditQuery(AuditQuery):
    """Filters of the whole audit log: a scope, or an actor in all scopes."""

    scope: str = Field(default="platform", min_length=1, max_length=64, description="A store's id, or `platform`.")
    actor: str | None = Field(
        default=None, min_length=1, max_length=64, description="The id of an account; the scope is ignored."
    )


class AuditEntryRead(Schema):
    """An entry of the audit log. `before` and `after` hold the changed fields, a secret as `changed`."""

    id: str
    scope: str
    actor_id: str
    actor_type: str
    action: str
    target: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    created_at: Timestamp
