"""Types of the days and times that members enter, within a range in which every calculation works."""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from chalicelib.kit.schemas import TimestampInput

FIRST_YEAR, LAST_YEAR = 1900, 2200


def _in_range(moment: datetime) -> datetime:
    if not datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) <= moment < datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC):
        raise ValueError(f"must be between the years {FIRST_YEAR} and {LAST_YEAR}")
    return moment


DayInput = Annotated[date, Field(ge=date(FIRST_YEAR, 1, 1), le=date(LAST_YEAR, 12, 31))]
"""A calendar day of the years 1900 to 2200."""
MomentInput = Annotated[TimestampInput, AfterValidator(_in_range)]
"""A time of the years 1900 to 2200, with an offset."""
