"""What operators read of the shops: never a token, never a payload."""

from datetime import date, timedelta
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from chalicelib.kit.schemas import Moment, PageQuery, Query, Schema

MAX_DAYS = 366


class ActiveShopsQuery(PageQuery):
    """Which app's shops, and how they are written."""

    app: str = Field(min_length=1, max_length=100)
    format: Literal["json", "csv"] = "json"


class ActiveShopRead(Schema):
    """A shop that has the app now. The order of the members is that of the columns."""

    shop: str
    app: str
    shop_name: str | None
    email: str | None
    plan_name: str | None
    currency: str | None
    iana_timezone: str | None
    scope: str | None
    installed_at: Moment


class TimelineQuery(Query):
    """Days in UTC, both ends included, at most 366."""

    app: str = Field(min_length=1, max_length=100)
    first: date = Field(alias="from")
    last: date = Field(alias="to")

    @field_validator("last")
    @classmethod
    def _in_range(cls, last: date, info: ValidationInfo) -> date:
        first = info.data.get("first", last)
        if last < first:
            raise PydanticCustomError("range", "must not be before `from`")
        if last - first >= timedelta(days=MAX_DAYS):
            raise PydanticCustomError("range", "must be within 366 days of `from`")
        return last


class TimelineDayRead(Schema):
    """How often an app came and went on one day, in UTC."""

    day: date
    installs: int
    reinstalls: int
    uninstalls: int


class SessionRead(Schema):
    """What an app was granted in a shop; where `is_granted` is false, an installation waits for the merchant."""

    id: str
    shop: str
    app: str
    is_granted: bool
    is_online: bool
    user_id: int | None
    scope: str | None
    expires: Moment | None
    created_at: Moment


class TableRead(Schema):
    """A table's size by DynamoDB's own count, up to six hours old."""

    table: str
    rows: int
    bytes: int


class DeliveryRead(Schema):
    """A recorded webhook delivery, without what it said."""

    delivery_id: str
    event_id: str | None
    topic: str
    shop: str
    app: str
    status: Literal["received", "processed", "failed"]
    error_message: str | None
    triggered_at: Moment | None
    received_at: Moment
    processed_at: Moment | None
