"""Schemas of bookings at partners, and of the lines that partners report."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chalicelib.kit.schemas import Amount, Input, PageQuery, Schema, Timestamp, TimestampInput
from chalicelib.together.enums import BookingStatus
from chalicelib.together.schemas.partners import PartnerId

Money = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4)]


class BookingCreate(Input):
    """A click on a partner's offer, perhaps for an activity."""

    partner_id: PartnerId
    activity_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class BookingUpdate(Input):
    """The caller's rating of a completed booking."""

    rating: Annotated[int, Field(ge=1, le=5, strict=True)]


class BookingQuery(PageQuery):
    """A page of the caller's bookings, newest first."""


class BookingRead(Schema):
    """A booking. `url` is the partner's link with the click id; null if the partner is gone."""

    id: str
    partner_id: str
    partner_name: str | None
    url: str | None
    activity_id: str | None
    status: BookingStatus
    amount: Amount | None
    currency: str | None
    rating: int | None
    created_at: Timestamp
    updated_at: Timestamp


class BookingReport(BaseModel):
    """One line of a partner's report. Unknown fields are ignored."""

    model_config = ConfigDict(defer_build=True, extra="ignore", frozen=True, hide_input_in_errors=True)

    click_id: Annotated[str, Field(min_length=1, max_length=64)]
    external_id: Annotated[str, Field(min_length=1, max_length=200)]
    status: Literal[BookingStatus.CONFIRMED, BookingStatus.COMPLETED, BookingStatus.CANCELLED]
    amount: Money | None = None
    commission: Money | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    at: TimestampInput


class BookingsImport(Input):
    """A partner's report: JSON lines."""

    partner_id: PartnerId
    lines: str = Field(max_length=60_000, description="At most 60,000 characters; use the command for more.")


class RefusedLine(Schema):
    """A line that was not imported."""

    line: int
    reason: str


class BookingsImported(Schema):
    """The result of an import. `unchanged` counts lines that were imported before or that are older than the booking."""

    changed: int
    unchanged: int
    refused: list[RefusedLine]


class OperatorBookingQuery(PageQuery):
    """The bookings of a member, newest first."""

    user_id: Annotated[str, Field(min_length=1, max_length=64)]


class OperatorBookingRead(Schema):
    """A booking for operators."""

    id: str
    partner_id: str
    user_id: str
    external_id: str | None
    status: BookingStatus
    amount: Amount | None
    commission: Amount | None
    currency: str | None
    rating: int | None
    reported_at: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp
