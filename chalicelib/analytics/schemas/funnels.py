"""Schemas of saved funnels."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from chalicelib.analytics.enums import FunnelOrder
from chalicelib.analytics.schemas.reports import FunnelSteps, StepInput
from chalicelib.kit.schemas import Amount, Query, Schema, Timestamp


class FunnelCreate(FunnelSteps):
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class FunnelRead(Schema):
    funnel: str = Field(description="The id.")
    name: str
    steps: list[StepInput]
    order: FunnelOrder
    window_seconds: int
    is_active: bool
    created_at: Timestamp
    updated_at: Timestamp


class FunnelQuery(Query):
    """The range of entry days; by default the last 30."""

    first_day: date | None = Field(default=None, alias="from")
    last_day: date | None = Field(default=None, alias="to")


class FunnelStepRead(Schema):
    day: date = Field(description="The day on which the attempts began, once a person and day.")
    step: int
    step_name: str
    reached: int
    dropped_off: int = Field(description="Persons that reached this step and not the next one.")
    average_seconds: Amount | None = Field(description="From the step before.")
    median_seconds: Amount | None
    is_final: bool = Field(description="False: the window of an attempt is open, or events may be late.")
    computed_at: Timestamp


class FunnelResult(FunnelRead):
    days: list[FunnelStepRead]
