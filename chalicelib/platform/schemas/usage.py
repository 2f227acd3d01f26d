"""Schemas of a store's usage and of the log of its calls."""

from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.kit.schemas import Amount, PageQuery, Query, Schema, Timestamp

MAX_DAYS = 400
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2200, 1, 1))]


class UsageQuery(Query):
    """UTC days, both ends included, at most 400; by default the last 30."""

    first: Day | None = Field(default=None, alias="from")
    last: Day | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if self.first and self.last:
            if self.last < self.first:
                raise PydanticCustomError("range", "`to` must not be before `from`")
            if (self.last - self.first).days >= MAX_DAYS:
                raise PydanticCustomError("range", "`to` must be within 400 days of `from`")
        return self


class LimitUsageRead(Schema):
    """A limit of the store's plan, and what is used of it."""

    name: str = Field(
        description="`products`, `storage_bytes`, or `orders` or `api_calls` of this calendar month (UTC)."
    )
    used: int
    limit: int
    percent: int = Field(description="The percentage used, rounded down; it may exceed 100.")
    is_near: bool = Field(description="True if 80 % or more is used.")


class UsageDayRead(Schema):
    """A UTC day of a store. Totals are those at its end; `orders_total_value` is in the store's currency."""

    metric_date: date
    products_created: int
    products_updated: int
    products_deleted: int
    total_products: int
    orders_created: int
    orders_total_value: Amount
    storage_uploaded_bytes: int
    storage_deleted_bytes: int
    storage_total_bytes: int
    api_calls: int
    api_errors: int = Field(description="Calls that were answered with a status of 400 or more.")


class EndpointUsageRead(Schema):
    """Calls of one endpoint in the last 24 hours. Latencies have an error of 2 % at most."""

    endpoint: str = Field(description="The route and table; `other` is the sum of rarely called ones.")
    calls: int
    errors: int
    p50_ms: int
    p95_ms: int
    p99_ms: int


class UsageRead(Schema):
    """The usage of a store. Days and endpoints are computed every hour; days without a call are left out."""

    month: str = Field(description="The month of the monthly limits, `YYYY-MM` in UTC.")
    limits: list[LimitUsageRead]
    days: list[UsageDayRead]
    endpoints: list[EndpointUsageRead]


class ApiLogQuery(PageQuery):
    """The UTC day of the calls; by default today."""

    day: Day | None = None


class ApiLogRead(Schema):
    """A call of a store's data API. `ip_address` is the caller's network; `error_message` is the problem's code."""

    id: str
    endpoint: str
    method: str
    status_code: int | None
    response_time_ms: int | None
    changes: dict[str, Any] | None = Field(description="`{table: {created, updated, deleted}}`")
    amount: Amount | None
    bytes: int | None = Field(description="The size of an uploaded file; negative for a deleted one.")
    ip_address: str | None
    user_agent: str | None
    error_message: str | None
    created_at: Timestamp
