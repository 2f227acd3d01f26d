"""Schemas of the measures: a store's days, the platform's revenue, the data API's speed."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.kit import clock
from chalicelib.kit.schemas import Amount, Query, Schema, Timestamp, TimestampInput
from chalicelib.platform.schemas.usage import Day

MAX_DAYS = 400
DEFAULT_DAYS = 30
MAX_MONTHS = 60
DEFAULT_MONTHS = 12
MAX_SPAN = timedelta(days=31)
Period = Annotated[str, Field(pattern=r"^2[01]\d\d-(0[1-9]|1[0-2])$", examples=["2026-11"])]

Moment = Annotated[TimestampInput, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), le=datetime(2200, 1, 1, tzinfo=UTC))]


class StoreAnalyticsQuery(Query):
    """Days of the store, both ends included, at most 400; by default the last 30."""

    start: Day | None = None
    end: Day | None = None

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if self.start and self.end and not 0 <= (self.end - self.start).days < MAX_DAYS:
            raise PydanticCustomError("range", "`end` must be `start` or up to 399 days after it")
        return self


class StoreDayRead(Schema):
    """A day of a store. `revenue` is in the store's currency."""

    date: date
    visits: int
    orders: int = Field(description="Orders that were placed on the day and are neither cancelled nor refunded.")
    revenue: Amount = Field(description="The total of those orders in the store's currency.")
    avg_order_value: Amount | None = Field(description="Null without orders in the store's currency.")
    conversion_rate: Amount | None = Field(description="Orders per visit; null without visits.")
    new_customers: int
    computed_at: Timestamp


class StoreAnalyticsRead(Schema):
    """The days of a store in its time zone, oldest first.

    A day appears two hours after its end, and is measured again with each of the next three days. Days without calls to
    the store are left out.
    """

    timezone: str
    currency: str
    days: list[StoreDayRead]


class RevenueQuery(Query):
    """Months (UTC), both ends included, at most 60; by default the last 12."""

    start: Period | None = None
    end: Period | None = None

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        first, last = self.periods
        if not 0 <= _month_number(last) - _month_number(first) < MAX_MONTHS:
            raise PydanticCustomError("range", "`end` must be `start` or up to 59 months after it")
        return self

    @property
    def periods(self) -> tuple[str, str]:
        """The first and the last month."""
        last = self.end or max(f"{clock.now():%Y-%m}", self.start or "")
        return self.start or _month_text(_month_number(last) - DEFAULT_MONTHS + 1), last


class RevenueReportRead(Schema):
    """Payments of stores less refunds in a month (UTC), without tax. Recurring revenue (MRR) is in analytics."""

    period: str
    total_revenue: Amount = Field(description="In USD; other currencies are in `by_currency` and are not added.")
    by_currency: dict[str, Amount]
    by_plan: dict[str, Amount] = Field(description="In USD; `other` has payments without a plan.")
    new_stores: int = Field(
        description="Subscriptions of stores that began in the month; a trial counts from its first day."
    )
    churned_stores: int = Field(description="Subscriptions of stores that ended in the month.")
    is_final: bool = Field(description="Three days after the month's end the report is not computed again.")
    generated_at: Timestamp


class RevenueReports(Schema):
    """The months that have a report, oldest first. A month without payments has none."""

    items: list[RevenueReportRead]


class PerformanceQuery(Query):
    """All endpoints of an hour (by default the last computed one), or an endpoint from `start` to `end`, at most 31 days."""

    hour: Moment | None = Field(default=None, description="The start of the hour.")
    endpoint: str | None = Field(default=None, min_length=1, max_length=200, examples=["/v1/store/{table} products"])
    start: Moment | None = None
    end: Moment | None = None

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if self.endpoint is None and (self.start or self.end):
            raise PydanticCustomError("range", "`start` and `end` need `endpoint`")
        if self.endpoint is not None and self.hour:
            raise PydanticCustomError("range", "give either `hour` or `endpoint`")
        if self.start and not timedelta(0) <= self.last - self.start <= MAX_SPAN:
            raise PydanticCustomError("range", "`end` must be at or up to 31 days after `start`")
        return self

    @property
    def last(self) -> datetime:
        """The end of the range: `end`, else now."""
        return self.end or clock.now()


class PerformanceRead(Schema):
    """The calls of an endpoint of the data API in an hour, over all stores. Latencies have an error of 2 % at most."""

    endpoint: str = Field(description="The route and table; `other` is the sum of rarely called ones.")
    hour: Timestamp
    calls: int
    errors: int = Field(description="Calls that were answered with a status of 400 or more.")
    p50_ms: int | None
    p95_ms: int | None
    p99_ms: int | None


class PerformanceReport(Schema):
    """The most called endpoints of an hour first, or the hours of an endpoint, oldest first."""

    items: list[PerformanceRead]


def _month_number(period: str) -> int:
    return int(period[:4]) * 12 + int(period[5:7]) - 1


def _month_text(number: int) -> str:
    return f"{number // 12:04}-{number % 12 + 1:02}"
