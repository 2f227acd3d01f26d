"""Bases of request, response and message shapes, and the types that several contexts share."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from chalicelib.kit import clock

T = TypeVar("T")


UNCHANGED: Any = Field(default_factory=lambda: None)
"""The default of a change's members: dump with `exclude_unset`. Null is refused where the member's type has none, and
takes the value away where it has."""


class Schema(BaseModel):
    """A shape that goes out. Built from a row with `of`."""

    model_config = ConfigDict(defer_build=True, from_attributes=True, frozen=True, hide_input_in_errors=True)

    @classmethod
    def of(cls, row: Any) -> Self:
        """The shape of a row (or anything with the same attributes)."""
        return cls.model_validate(row)


class Input(BaseModel):
    """A shape that comes in: unknown members are refused, so that a misspelt one is not lost in silence."""

    model_config = ConfigDict(
        defer_build=True, extra="forbid", frozen=True, str_strip_whitespace=True, hide_input_in_errors=True
    )


class Query(BaseModel):
    """The query string of a request; parameters that are not declared are refused."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class PageQuery(Query):
    """The query of every list."""

    limit: int = Field(default=50, ge=1, le=100, description="How many items to answer with at most.")
    cursor: str | None = Field(default=None, max_length=4096, description="`next_cursor` of the page before.")


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    model_config = ConfigDict(defer_build=True, frozen=True)

    items: list[T]
    next_cursor: str | None = Field(description="Ask again with it for the next page; null at the end.")


Timestamp = Annotated[
    AwareDatetime,
    PlainSerializer(clock.iso, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A time: ISO-8601 UTC with `Z`."""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time in UTC is of the years 1 to 9999") from None


TimestampInput = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time that comes in: with an offset, and one that can be told in UTC."""

Amount = Annotated[
    Decimal,
    PlainSerializer(lambda value: format(value, "f"), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "decimal", "examples": ["19.90"]}),
]
"""An exact decimal, as a string."""


class FieldError(Schema):
    """One member of the input that is not valid."""

    path: str
    message: str


class ProblemRead(Schema):
    """An error as RFC 9457 describes it."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[FieldError] = []
