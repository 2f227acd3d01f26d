"""Schemas of the limits per visitor."""

from pydantic import Field, ValidationInfo, field_validator

from chalicelib.kit.schemas import Input, Schema
from chalicelib.studio.domain.visitor_limits import LENGTHS, MOST, LimitWindow

BURST_MINUTES = int(LENGTHS[LimitWindow.BURST].total_seconds() // 60)


class ActionLimit(Input):
    """At most `day` actions in 24 hours, and `burst` in ten minutes. Both windows begin with the first action."""

    day: int = Field(ge=1, le=MOST)
    burst: int = Field(ge=1, le=MOST)

    @field_validator("burst")
    @classmethod
    def _fits_the_day(cls, burst: int, info: ValidationInfo) -> int:
        if burst > info.data.get("day", MOST):
            raise ValueError("must be at most `day`")
        return burst


class GroupLimits(Input):
    """The limits of one visitor or group: upload forms, and requests of previews."""

    uploads: ActionLimit
    previews: ActionLimit


class VisitorLimitsPut(Input):
    """The limits per visitor: of each customer, of the guests of each IP address, and of all guests together."""

    customer: GroupLimits
    guest_address: GroupLimits
    all_guests: GroupLimits


class ActionLimitRead(Schema):
    day: int
    burst: int


class GroupLimitsRead(Schema):
    uploads: ActionLimitRead
    previews: ActionLimitRead


class VisitorLimitsRead(Schema):
    """The limits that apply; `burst_minutes` is the length of a burst."""

    customer: GroupLimitsRead
    guest_address: GroupLimitsRead
    all_guests: GroupLimitsRead
    burst_minutes: int = BURST_MINUTES
