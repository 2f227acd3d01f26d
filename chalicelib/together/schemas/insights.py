"""Schemas of insights: the scores of the last days."""

from datetime import date

from pydantic import Field

from chalicelib.kit.schemas import Amount, Query, Schema
from chalicelib.together.enums import Trend


class InsightsQuery(Query):
    """The number of days up to today. Over 30 needs premium."""

    days: int = Field(default=30, ge=7, le=365)


class DayRead(Schema):
    """The score of a day and its parts; null: too few shared check-ins in the seven days until then."""

    date: date
    health_score: Amount | None = Field(description="0 to 100.")
    components: dict[str, Amount] | None = Field(description="The points of each part.")
    connection_avg: Amount | None
    mood_avg: Amount | None
    satisfaction_avg: Amount | None
    checkin_streak: int
    activities_completed: int
    goals_completed: int
    communication_minutes: int
    trend: Trend | None


class InsightsRead(Schema):
    """The days that have a row, in order; a missing day is a gap. `trend` is that of the last one."""

    days: list[DayRead]
    trend: Trend | None
