"""Schemas of the calendar link."""

from pydantic import Field

from chalicelib.kit.schemas import Query, Schema


class CalendarLink(Schema):
    """The secret link under which calendar programs read the dates."""

    url: str = Field(description="Anybody who has it can read the dates, until it is revoked.")


class CalendarQuery(Query):
    """The secret of the link."""

    token: str = Field(min_length=1, max_length=500)
