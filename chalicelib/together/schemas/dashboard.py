"""Schema of the dashboard: all that the first screen shows."""

from datetime import date

from pydantic import Field

from chalicelib.kit.schemas import Schema
from chalicelib.together.schemas.activities import ActivityRead
from chalicelib.together.schemas.challenges import ChallengeRead
from chalicelib.together.schemas.checkins import CheckinRead, StreaksRead
from chalicelib.together.schemas.dates import DateRead
from chalicelib.together.schemas.goals import GoalRead
from chalicelib.together.schemas.relationships import PartnerProfileRead


class DashboardMember(Schema):
    """The caller, and the date that it is in their time zone."""

    id: str
    display_name: str
    timezone: str
    today: date


class DashboardRead(Schema):
    """The caller's day: the last seven days' check-ins and all that is open in the relationship."""

    me: DashboardMember
    partner: PartnerProfileRead | None
    checkins: list[CheckinRead] = Field(description="Of the last seven days, latest first, as far as readable.")
    streak: StreaksRead
    dates: list[DateRead] = Field(description="The next occurrence first.")
    goals: list[GoalRead]
    challenges: list[ChallengeRead]
    activities: list[ActivityRead]
    unread: int
    is_premium: bool
