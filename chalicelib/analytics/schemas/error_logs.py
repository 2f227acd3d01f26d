"""Schemas of the error log."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from chalicelib.analytics.enums import Severity
from chalicelib.kit.schemas import Input, PageQuery, Schema, Timestamp


class ErrorQuery(PageQuery):
    severity: Severity = Severity.ERROR


class ErrorAction(Input):
    action: Literal["resolve"]


class ErrorGroupRead(Schema):
    """A group of errors with one fingerprint. Message, stack trace and context are the latest error's."""

    id: str
    error_type: str
    error_message: str
    severity: Severity
    stack_trace: str | None
    fingerprint: str
    occurrences: int = Field(description="The sum of `days`.")
    days: dict[str, int] = Field(description="The number of errors by date, for the last 90 days.")
    users_affected: int = Field(description="The distinct persons of the latest day.")
    context: dict[str, Any] | None
    is_resolved: bool
    resolved_at: Timestamp | None
    resolved_by: str | None
    first_seen_at: Timestamp
    occurred_at: Timestamp = Field(description="The latest error's.")
