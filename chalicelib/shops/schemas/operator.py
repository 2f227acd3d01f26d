"""Response schemas of operators; none contains a token or a payload."""

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from chalicelib.kit.schemas import PageQuery, Schema, ShortListQuery, Timestamp

MAX_DAYS = 366


class ActiveShopsQuery(PageQuery):
    """App and format of a page of shops."""

    app: str = Field(min_length=1, max_length=100)
    format: Literal["json", "csv"] = "json"


class ActiveShopRead(Schema):
    """A shop with the app active. CSV columns have the order of these fields."""

    shop: str
    app: str
    shop_name: str | None
    email: str | None
    plan_name: str | None
    currency: str | None
    iana_timezone: str | None
    scope: str | None
    installed_at: Timestamp
    refused_topics: Annotated[str | None, BeforeValidator(lambda topics: ",".join(sorted(topics)) if topics else None)]
    """Webhook topics that Shopify refuses, separated by commas."""
    unavailable_since: Timestamp | None
    """When Shopify first answered that the shop is frozen, locked or closed; None while the shop is available."""
    unavailable_status: int | None


class TimelineQuery(ShortListQuery):
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
    """Number of installs, uninstalls and changes of access scopes of an app on one day, in UTC."""

    day: date
    installs: int
    reinstalls: int
    uninstalls: int
    scopes_updates: int


class SessionRead(Schema):
    """A session of an app in a shop; if `is_granted` is false, a pending OAuth installation."""

    id: str
    shop: str
    app: str
    is_granted: bool
    is_online: bool
    user_id: int | None
    scope: str | None
    expires: Timestamp | None
    created_at: Timestamp


class TableRead(Schema):
    """A table's size as DynamoDB reports it, up to six hours old."""

    table: str
    rows: int
    bytes: int


class DeliveriesQuery(PageQuery):
    """The deliveries of one shop, newest first, filtered by status and topic.

    A page before the last may have fewer items than `limit`, or none.
    """

    shop: str = Field(min_length=1, max_length=255, examples=["example.myshopify.com"])
    status: Literal["received", "processed", "failed"] | None = None
    topic: str | None = Field(default=None, min_length=1, max_length=100)


class DeliveryRead(Schema):
    """A stored webhook delivery, without its payload.

    `delivery_id` is the webhook id. If another delivery has that key, `delivery_id` also has a digest and `webhook_id` is
    set. `same_webhook_id` has the ids of other deliveries with the requested webhook id; it is empty in lists.
    """

    delivery_id: str
    webhook_id: str | None = None
    same_webhook_id: list[str] = Field(default_factory=list)
    event_id: str | None
    topic: str
    shop: str
    app: str
    status: Literal["received", "processed", "failed"]
    error_message: str | None
    triggered_at: Timestamp | None
    received_at: Timestamp
    processed_at: Timestamp | None
