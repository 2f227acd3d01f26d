"""Schemas of important dates."""

from datetime import date
from typing import Annotated

from pydantic import Field

from chalicelib.kit.schemas import UNCHANGED, Input, Schema, Timestamp
from chalicelib.together.enums import DateKind
from chalicelib.together.schemas.text import Title
from chalicelib.together.schemas.times import DayInput

ReminderDays = Annotated[int, Field(ge=0, le=60, strict=True)]


class DateCreate(Input):
    """An important date. February 29 occurs on February 28 in common years."""

    title: Title
    date_value: DayInput
    year_known: bool = Field(default=True, description="False: only day and month count; the year becomes 2000.")
    kind: DateKind
    is_recurring: bool = Field(default=True, description="Whether it occurs every year.")
    reminder_days_before: ReminderDays = 7


class DateUpdate(Input):
    """Changes to a date; omitted fields stay."""

    title: Title = UNCHANGED
    date_value: DayInput = UNCHANGED
    year_known: bool = UNCHANGED
    kind: DateKind = UNCHANGED
    is_recurring: bool = UNCHANGED
    reminder_days_before: ReminderDays = UNCHANGED


class DateRead(Schema):
    """An important date of the relationship."""

    id: str
    relationship_id: str
    title: str
    date_value: date
    year_known: bool
    kind: DateKind
    is_recurring: bool
    reminder_days_before: int
    next_on: date | None = Field(description="The next occurrence in the caller's time zone; null: it is over.")
    is_mine: bool = Field(description="Whether the caller created it.")
    version: int
    created_at: Timestamp
    updated_at: Timestamp
