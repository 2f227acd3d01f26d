"""Schemas of stores, for owners and operators."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from chalicelib.analytics.schemas.sites import Currency, TimeZone
from chalicelib.kit.schemas import UNCHANGED, Input, PageQuery, Schema, Timestamp
from chalicelib.platform.domain import slugs
from chalicelib.platform.enums import (
    DatabaseStatus,
    DatabaseType,
    StorageStatus,
    StorageType,
    StorePlan,
    StoreSubscriptionStatus,
)


def _slug(text: str) -> str:
    reason = slugs.rejection_reason(text)
    if reason:
        raise ValueError(reason)
    return text


StoreName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Slug = Annotated[str, AfterValidator(_slug), Field(examples=["tea-house"])]
Region = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]{2}(-[a-z]{2,12}){1,2}-[1-9]$"),
    Field(description="A region of AWS, for a shared or Supabase database.", examples=["eu-central-1"]),
]


class StoreCreate(Input):
    """A new store on the free plan."""

    name: StoreName
    slug: Slug
    currency: Currency = "USD"
    timezone: TimeZone = "UTC"
    region: Region | None = None


class StoreUpdate(Input):
    """Changes of a store; omitted fields stay. `currency` and `region` cannot change once it has a database."""

    name: StoreName = UNCHANGED
    slug: Slug = UNCHANGED
    currency: Currency = UNCHANGED
    timezone: TimeZone = UNCHANGED
    region: Region | None = UNCHANGED
    is_published: bool = UNCHANGED


class StoreRead(Schema):
    """A store with its plan and what it uses of the plan's limits now."""

    id: str
    name: str
    slug: str
    owner_id: str
    currency: str
    timezone: str
    region: str | None
    database_type: DatabaseType | None
    database_host: str | None
    database_name: str | None
    database_status: DatabaseStatus | None = Field(description="Null before the first database.")
    storage_type: StorageType | None
    storage_status: StorageStatus | None
    subscription_plan: StorePlan
    subscription_status: StoreSubscriptionStatus
    trial_ends_at: Timestamp | None
    subscription_started_at: Timestamp | None
    access_until: Timestamp | None = Field(description="When the plan's access ends; null on the free plan.")
    limits: dict[str, int]
    product_count: int
    order_count: int
    storage_used_bytes: int
    api_calls_month: int = Field(description="Calls of the data API in this calendar month (UTC).")
    orders_month: int = Field(description="Orders placed in this calendar month (UTC).")
    active_job: str | None = Field(description="The job in progress.")
    is_active: bool = Field(description="False: an operator suspended the store.")
    is_published: bool
    suspended_reason: str | None
    last_activity_at: Timestamp | None
    deletion_due_at: Timestamp | None
    version: int
    created_at: Timestamp
    updated_at: Timestamp


class StoreQuery(PageQuery):
    """Which stores an operator lists: give one of the three."""

    owner_id: str | None = Field(default=None, min_length=1, max_length=64)
    slug: str | None = Field(default=None, min_length=1, max_length=slugs.MAX_LENGTH)
    database_status: DatabaseStatus | None = None


class StoreDeletion(Input):
    """Confirms that a store is to be deleted."""

    confirm: Annotated[str, Field(max_length=slugs.MAX_LENGTH, description="The store's slug.")]
    drop: bool = Field(
        default=False,
        description="Also drop the tables that Backroom created on the owner's own server when the grace period ends.",
    )


class StoreSuspension(Input):
    """Why a store is suspended. Its owner sees the reason."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)]
