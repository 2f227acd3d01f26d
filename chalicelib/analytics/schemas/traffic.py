"""Schemas of a site's numbers: days of traffic, features, engagement, counts and partners."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from chalicelib.analytics.domain.rates import rate
from chalicelib.kit import clock
from chalicelib.kit.schemas import Amount, PageQuery, Query, Schema, Timestamp

MAX_DAYS = 366
DEFAULT_DAYS = 30


class DayRange(Query):
    """Local days of the site, both included; without `from` the 30 days before `to`, without `to` until today."""

    first_day: date | None = Field(default=None, alias="from")
    last_day: date | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _check_length(self) -> Self:
        first, last = self.days
        if not 0 <= (last - first).days < MAX_DAYS:
            raise ValueError(f"from must be before to, by less than {MAX_DAYS} days")
        return self

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day."""
        last = self.last_day or max(clock.today(), self.first_day or date.min)
        try:
            return self.first_day or last - timedelta(days=DEFAULT_DAYS - 1), last
        except OverflowError:
            return date.min, last


class UserDays(DayRange):
    user: str = Field(min_length=1, max_length=128)


class EventDays(DayRange):
    event: str = Field(min_length=1, max_length=64)


class PartnerDays(DayRange):
    partner: str = Field(min_length=1, max_length=128)


Rate = Annotated[Amount | None, Field(description="Four decimals; null if there is nothing to divide by.")]


class TrafficDay(Schema):
    date: date
    visitors: int
    visits: int
    page_views: int
    events: int
    bounces: int
    bounce_rate: Rate
    duration_seconds: int
    active_users: int = Field(description="Known users.")
    active_users_7d: int | None = Field(description="Known users of the 7 days to this one; null until it has ended.")
    active_users_30d: int | None
    new_users: int
    bots: int
    computed_at: Timestamp

    @classmethod
    def of(cls, row: Any) -> Self:
        """Build the schema from a row, and compute its rate."""
        columns = {name: getattr(row, name) for name in cls.model_fields}
        return cls(**{**columns, "bounce_rate": rate(row.bounces, row.visits)})


class TrafficTotals(Schema):
    """Sums over the days: a person who came on two days counts as two daily visitors."""

    daily_visitors: int
    visits: int
    page_views: int
    events: int
    bounces: int
    bounce_rate: Rate
    duration_seconds: int
    average_duration_seconds: Rate
    daily_active_users: int
    new_users: int
    bots: int


class TopValue(Schema):
    value: str
    count: int


class RecentEvent(Schema):
    at: Timestamp
    type: str
    name: str


class TrafficOverview(Schema):
    days: list[TrafficDay] = Field(description="Days without events are missing.")
    totals: TrafficTotals
    top: dict[str, list[TopValue]] = Field(description="Sums of the days' 20 most frequent values, by list.")
    recent: list[RecentEvent] = Field(description="The last 20 events of the last day.")


class FeatureSummary(Schema):
    """The usage of a feature, summed over the days."""

    feature: str
    daily_active_users: int
    new_users: int
    usage_count: int
    time_spent_seconds: int
    starts: int
    completions: int
    completion_rate: Rate
    rating_count: int
    satisfaction_score: Rate
    adoption_rate: Rate = Field(description="Its daily active users / those of the site.")
    last_used: Timestamp | None


class FeatureList(Schema):
    items: list[FeatureSummary]


class EngagementDay(Schema):
    date: date
    checkin_count: int
    activity_count: int
    message_count: int
    feature_usage_count: int
    session_duration_seconds: int
    score: int = Field(description="0 to 100.")


class EngagementDays(Schema):
    user_id: str
    days: list[EngagementDay]


class CountedValue(Schema):
    day: date
    value: str
    count: int
    visitors: int


class EventCountDays(Schema):
    event: str
    items: list[CountedValue]


class PartnerDayRead(Schema):
    date: date
    bookings: int
    repeat_bookings: int
    cancellations: int
    revenue: Amount
    commission: Amount
    currency: str | None
    rating_sum: int
    rating_count: int
    average_rating: Rate
    repeat_rate: Rate


class PartnerDaysRead(Schema):
    partner_id: str
    days: list[PartnerDayRead]


class VisitQuery(PageQuery):
    day: date


class VisitRead(Schema):
    session_id: str
    user_id: str | None
    entry_page: str | None
    exit_page: str | None
    page_count: int
    event_count: int
    duration_seconds: int
    is_bounce: bool
    device_type: str | None
    browser: str | None
    referrer: str | None
    channel: str | None
    utm: dict[str, Any] | None
    converted: bool
    started_at: Timestamp
    ended_at: Timestamp


class VisitEventRead(Schema):
    """An event, or a page view with its path and duration."""

    id: str
    at: Timestamp
    type: str
    name: str
    path: str | None = None
    data: dict[str, Any] | None = None
    value: Amount | None = None
    currency: str | None = None
    duration_seconds: int | None = None


class VisitDetail(VisitRead):
    events: list[VisitEventRead] = Field(description="The first 500.")


class UserRead(Schema):
    """What is known of a user: the last visits, events, and the engagement of the last 30 days."""

    user_id: str
    visits: list[VisitRead]
    events: list[VisitEventRead]
    days: list[EngagementDay]
