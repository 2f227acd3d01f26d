"""Base classes of request and response schemas, and field types that several contexts share."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from chalicelib.kit import clock

T = TypeVar("T")


UNCHANGED: Any = Field(default_factory=lambda: None)
"""The default of the fields of an update; dump with `exclude_unset`. Null removes a value if the field's type allows
null; otherwise it is rejected."""


class Schema(BaseModel):
    """A response schema; `of` builds it from a row."""

    model_config = ConfigDict(defer_build=True, from_attributes=True, frozen=True, hide_input_in_errors=True)

    @classmethod
    def of(cls, row: Any) -> Self:
        """Build the schema from a row, or from any object with the same attributes."""
        return cls.model_validate(row)


class Input(BaseModel):
    """A request schema. Unknown fields are rejected, so that a misspelt field is not ignored."""

    model_config = ConfigDict(
        defer_build=True, extra="forbid", frozen=True, str_strip_whitespace=True, hide_input_in_errors=True
    )


class Query(BaseModel):
    """The query string of a request; undeclared parameters are rejected."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class PageQuery(Query):
    """The query of every list."""

    limit: int = Field(default=50, ge=1, le=100, description="The maximum number of items.")
    cursor: str | None = Field(default=None, max_length=4096, description="`next_cursor` of the previous page.")


class ShortListQuery(PageQuery):
    """The query of a list that is short: by default all of it is on one page."""

    limit: int = Field(default=1000, ge=1, le=1000, description="The maximum number of items.")


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    model_config = ConfigDict(defer_build=True, frozen=True)

    items: list[T]
    next_cursor: str | None = Field(description="Send it as `cursor` to get the next page; null at the end.")


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
        raise ValueError("must be between the years 1 and 9999 in UTC") from None


TimestampInput = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time in a request: with an offset, and between the years 1 and 9999 in UTC."""

Amount = Annotated[
    Decimal,
    PlainSerializer(lambda value: format(value, "f"), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "decimal", "examples": ["19.90"]}),
]
"""An exact decimal, as a string."""


class FieldError(Schema):
    """One invalid field of the input."""

    path: str
    message: str


class ProblemRead(Schema):
    """An error as problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[FieldError] = []
