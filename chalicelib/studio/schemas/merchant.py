"""Schemas of the merchant API: the watermark, the quota, generations."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import ConfigDict, Field

from chalicelib.kit.schemas import UNCHANGED, Amount, Input, Page, PageQuery, Query, Schema, Timestamp
from chalicelib.studio.domain.watermark import Position
from chalicelib.studio.models import GenerationStatus, GenerationType, UpscaleStatus
from chalicelib.studio.schemas.catalogue import Photo, Picture, StyleRead
from chalicelib.studio.schemas.shopper import UUID


class AppQuery(Query):
    """The query that the Shopify admin sends when it frames the page. Other parameters are ignored; none is trusted."""

    model_config = ConfigDict(extra="ignore")

    shop: str = Field(default="", max_length=255)


class WatermarkPut(Input):
    """The watermark on previews. `image` is base64 of a PNG, JPEG or WebP of at most 500 KB; omit it to keep the present one."""

    image: Picture | None = None
    opacity: Decimal = Field(default=Decimal("0.3"), ge=0, le=1, decimal_places=3)
    position: Position = Position.BOTTOM_RIGHT
    size_percentage: Decimal = Field(default=Decimal(10), gt=0, le=100, decimal_places=2)
    is_active: bool = True


class WatermarkRead(Schema):
    image_url: str
    opacity: Amount
    position: Position
    size_percentage: Amount
    is_active: bool
    updated_at: Timestamp


class WatermarkPreviewCreate(Input):
    """Settings to render, not to store. Without `image` the present watermark is used, without `photo` a sample."""

    image: Picture | None = None
    photo: Photo | None = None
    opacity: Decimal = Field(default=Decimal("0.3"), ge=0, le=1, decimal_places=3)
    position: Position = Position.BOTTOM_RIGHT
    size_percentage: Decimal = Field(default=Decimal(10), gt=0, le=100, decimal_places=2)


class WatermarkPreviewRead(Schema):
    """`preview` is base64 of a JPEG."""

    preview: str


class QuotaUpdate(Input):
    """New limits of a shop; omitted limits stay. MB = 1,000,000 bytes."""

    monthly_generation_limit: Annotated[int, Field(ge=0, le=1_000_000)] = UNCHANGED
    max_concurrent_generations: Annotated[int, Field(ge=0, le=50)] = UNCHANGED
    storage_quota_mb: Annotated[int, Field(ge=0, le=1_000_000)] = UNCHANGED


class QuotaRead(Schema):
    """The shop's limits and their current use."""

    monthly_generation_limit: int
    current_generations: int
    total_generations: int
    max_concurrent_generations: int
    generations_at_work: int
    storage_quota_mb: int
    current_storage_mb: Amount
    month: Timestamp


class DayRead(Schema):
    """The previews that were requested on a UTC day and did not fail."""

    day: date
    generations: int


class UsageRead(Schema):
    """The shop's limits with their use, its previews of the last 30 days, and its most used styles."""

    quota: QuotaRead
    days: list[DayRead]
    popular_styles: list[StyleRead]


class TrialCreate(Input):
    """A product to try a style on, with a shopper's text for the prompt."""

    product_id: str = Field(pattern=UUID)
    text: str = Field(default="", max_length=1000)


class TrialRead(Schema):
    """The trial's preview, which is queued: read `/v1/studio/generations/{id}` until it is completed or failed."""

    id: str
    status: GenerationStatus


class GenerationQuery(PageQuery):
    """Filters of generations; all must match.

    With more than one filter, a page before the last may have fewer items than `limit`, or none.
    """

    status: GenerationStatus | None = None
    upscale_status: UpscaleStatus | None = None
    generation_type: GenerationType | None = None
    product_id: str | None = Field(default=None, pattern=UUID)
    ai_style_id: str | None = Field(default=None, pattern=UUID)
    customer_id: str | None = Field(default=None, pattern=r"^gid://shopify/Customer/[0-9]{1,20}$")
    order_id: str | None = Field(default=None, pattern=r"^gid://shopify/Order/[0-9]{1,20}$")


class CropRead(Schema):
    """A part of the upright photo, in fractions of its width and height."""

    left: float
    top: float
    width: float
    height: float


class GenerationRead(Schema):
    """A preview or a final, with links that expire after five minutes. `final_download_url` saves the print as a file.

    `thumbnail_url` is the small picture for lists: the preview itself, or the preview that a final was made from; null if
    that preview was erased.

    `customer_id` is a preview's shopper, or the customer of a final's order; `preview_customer_id` is the shopper of a
    final's preview, often another customer. A final that waits after a failed attempt is `pending`: `error_message` has
    the reason, `next_attempt_at` the time of the next attempt, `retries` the number of failed attempts.

    `size_id` and `crop` are the shopper's choice for the preview. `hold_reason` is set if a pending final is held, because
    the ordered variant has another shape than the preview. A remake accepts the centered crop and makes the final.
    """

    id: str
    generation_type: GenerationType
    status: GenerationStatus
    product_id: str
    ai_style_id: str
    order_id: str | None
    line_item_id: str | None
    source_generation_id: str | None
    customer_id: str | None
    preview_customer_id: str | None
    size_id: str | None
    crop: CropRead | None
    hold_reason: str | None
    preview_url: str | None
    thumbnail_url: str | None
    final_url: str | None
    final_download_url: str | None
    ai_prompt_used: str
    ai_model_used: str | None
    error_message: str | None
    retries: int
    next_attempt_at: Timestamp | None
    processing_time_ms: int | None
    upscale_status: UpscaleStatus
    upscale_factor: Amount | None
    final_width: int | None
    final_height: int | None
    created_at: Timestamp
    updated_at: Timestamp


class GenerationsRead(Page[GenerationRead]):
    """Generations, newest first; `searched_back_to` is the time of the oldest generation searched, null at the end."""

    searched_back_to: Timestamp | None
