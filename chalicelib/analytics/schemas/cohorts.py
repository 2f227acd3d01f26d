"""Schemas of cohorts."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from chalicelib.kit.schemas import Amount, Query, Schema, Timestamp


class CohortQuery(Query):
    """The range of sign-ups; by default the last 30 days."""

    first_day: date | None = Field(default=None, alias="from")
    last_day: date | None = Field(default=None, alias="to")


class CohortPeriodRead(Schema):
    period: int = Field(description="Weeks since the sign-up.")
    active_users: int | None
    retention_rate: Amount | None = Field(description="Active users of the cohort's users.")
    lifetime_value: Amount = Field(description="Payments less refunds since the sign-up, per user.")
    is_complete: bool


class CohortRead(Schema):
    cohort_date: date = Field(description="The Monday of the week of sign-up.")
    acquisition_channel: str | None
    cohort_size: int
    computed_at: Timestamp
    periods: list[CohortPeriodRead]


class CohortList(Schema):
    cohorts: list[CohortRead]
