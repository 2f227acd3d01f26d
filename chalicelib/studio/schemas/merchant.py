"""What the merchant's admin sends and sees."""

from __future__ import annotations

import base64
import binascii
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from chalicelib.kit.schemas import Amount, Input, Moment, PageQuery, Schema
from chalicelib.studio import prompt
from chalicelib.studio.models import GenerationStatus, GenerationType, UpscaleStatus
from chalicelib.studio.print import PrintSize
from chalicelib.studio.schemas.shopper import UUID
from chalicelib.studio.watermark import Position

MAX_MARK = 500_000
"""Bytes of a watermark's picture."""

Name = Annotated[str, Field(min_length=1, max_length=255)]
VariantGid = Annotated[str, Field(pattern=r"^gid://shopify/ProductVariant/\d+$")]
Order = Annotated[int, Field(ge=0, le=10_000)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Parameters = Annotated[dict[Word, Word | int | float | bool], Field(max_length=20)]
"""For the image model; the local one knows `style`."""


def _template(text: str) -> str:
    prompt.check(text)
    return text


def _picture(text: str) -> str:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if len(data) > MAX_MARK:
        raise ValueError(f"at most {MAX_MARK} bytes")
    return text


class _Pixels(Input):
    """A print size: at most 12,000 px a side and 60 megapixels."""

    width_px: int = Field(ge=1)
    height_px: int = Field(ge=1)

    @model_validator(mode="after")
    def _printable(self) -> _Pixels:
        PrintSize(self.width_px, self.height_px)
        return self


class ProductCreate(Input):
    """A Shopify product on which images shall be made."""

    shopify_product_id: int = Field(ge=1)
    title: Name


class ProductUpdate(Input):
    title: Name | None = None
    is_enabled: bool | None = None


class ProductRead(Schema):
    uuid: str
    shopify_product_id: int
    title: str
    is_enabled: bool
    created_at: Moment
    updated_at: Moment


class SizeCreate(_Pixels):
    name: Name
    shopify_variant_id: VariantGid | None = None
    sort_order: Order = 0


class SizeRead(Schema):
    uuid: str
    product_id: str
    shopify_variant_id: str | None
    name: str
    width_px: int
    height_px: int
    sort_order: int


class StyleCreate(Input):
    """A style; its template may name {style}, {product} and {text}, the shopper's words."""

    name: Name
    prompt_template: Annotated[str, AfterValidator(_template)]
    parameters: Parameters = Field(default={})
    sort_order: Order = 0


class StyleUpdate(Input):
    name: Name | None = None
    prompt_template: Annotated[str, AfterValidator(_template)] | None = None
    parameters: Parameters | None = None
    sort_order: Order | None = None


class StyleRead(Schema):
    uuid: str
    name: str
    prompt_template: str
    parameters: dict[str, str | int | float | bool] | None
    is_active: bool
    sort_order: int
    usage_count: int
    created_at: Moment


class ProductStylePut(Input):
    """Offer a style on a product, or no longer."""

    is_enabled: bool = True
    sort_order: Order = 0


class ProductStyleRead(Schema):
    product_id: str
    ai_style_id: str
    sort_order: int
    is_enabled: bool


class BaseCreate(Input):
    """Something to print on."""

    name: Name
    description: str | None = Field(default=None, max_length=2000)
    option_names: list[Name] = Field(default=[], max_length=3)
    base_price: Decimal | None = Field(default=None, ge=0, max_digits=12, decimal_places=2)
    sort_order: Order = 0


class BaseRead(Schema):
    uuid: str
    name: str
    description: str | None
    option_names: list[str] | None
    base_price: Amount | None
    sort_order: int


class BaseVariantCreate(_Pixels):
    """One combination of a base's options."""

    name: Name
    option_values: dict[Name, Name] = Field(default={}, max_length=3)
    price_modifier: Decimal = Field(default=Decimal(0), max_digits=12, decimal_places=2)
    sort_order: Order = 0


class BaseVariantRead(Schema):
    uuid: str
    product_base_id: str
    name: str
    option_values: dict[str, str] | None
    width_px: int
    height_px: int
    price_modifier: Amount
    sort_order: int


class MappingPut(Input):
    """Which base variant a Shopify variant of the product stands for; `is_active` false takes it back."""

    product_base_variant_id: str = Field(pattern=UUID)
    shopify_variant_id: VariantGid
    is_active: bool = True


class MappingRead(Schema):
    product_id: str
    product_base_variant_id: str
    shopify_variant_id: str
    is_active: bool


class WatermarkPut(Input):
    """The mark on previews. `image` is base64 of a PNG, JPEG or WebP of at most 500 KB; without it the present one stays."""

    image: Annotated[str, AfterValidator(_picture)] | None = None
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
    updated_at: Moment


class QuotaRead(Schema):
    """What may be generated and stored, and what is."""

    monthly_generation_limit: int
    current_generations: int
    total_generations: int
    max_concurrent_generations: int
    generations_at_work: int
    storage_quota_mb: int
    current_storage_mb: Amount
    month: Moment


class GenerationQuery(PageQuery):
    order_id: str | None = Field(default=None, pattern=r"^gid://shopify/Order/\d+$")


class GenerationRead(Schema):
    """A preview or a final, with links that last five minutes."""

    id: str
    generation_type: GenerationType
    status: GenerationStatus
    product_id: str
    ai_style_id: str
    order_id: str | None
    line_item_id: str | None
    source_generation_id: str | None
    customer_id: str | None
    preview_url: str | None
    final_url: str | None
    ai_prompt_used: str
    ai_model_used: str | None
    error_message: str | None
    processing_time_ms: int | None
    upscale_status: UpscaleStatus
    upscale_factor: Amount | None
    final_width: int | None
    final_height: int | None
    created_at: Moment
    updated_at: Moment
