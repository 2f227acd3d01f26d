"""What merchants set up: products, sizes, styles, bases."""

import base64
import binascii
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from chalicelib.kit.schemas import Amount, Input, Moment, Schema
from chalicelib.studio import prompt
from chalicelib.studio.print import PrintSize
from chalicelib.studio.schemas.shopper import UUID

MAX_MARK = 500_000
"""Bytes of a watermark's or an example's picture."""
MAX_PHOTO = 3_000_000

Name = Annotated[str, Field(min_length=1, max_length=255)]
VariantGid = Annotated[str, Field(pattern=r"^gid://shopify/ProductVariant/\d+$")]
Order = Annotated[int, Field(ge=0, le=10_000)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Parameters = Annotated[dict[Word, Word | int | float | bool], Field(max_length=20)]
"""For the image model; the local one knows `style`."""


def _template(text: str) -> str:
    prompt.check(text)
    return text


def _base64(most: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        try:
            data = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise ValueError("not base64") from error
        if len(data) > most:
            raise ValueError(f"at most {most} bytes")
        return text

    return check


Picture = Annotated[str, AfterValidator(_base64(MAX_MARK))]
"""Base64 of a PNG, JPEG or WebP picture of at most 500 KB."""
Photo = Annotated[str, AfterValidator(_base64(MAX_PHOTO))]
"""Base64 of a picture of at most 3 MB."""


class _Pixels(Input):
    """A print size: at most 12,000 px a side and 60 megapixels."""

    width_px: int = Field(ge=1)
    height_px: int = Field(ge=1)

    @model_validator(mode="after")
    def _printable(self) -> Self:
        PrintSize(self.width_px, self.height_px)
        return self


P = TypeVar("P", bound="SizeUpdate | BaseVariantUpdate")


def _checked(update: P) -> P:
    if (update.width_px is None) is not (update.height_px is None):
        raise ValueError("width_px and height_px are given together")
    if update.width_px is not None and update.height_px is not None:
        PrintSize(update.width_px, update.height_px)
    return update


class ProductCreate(Input):
    """A Shopify product on which images shall be made."""

    shopify_product_id: int = Field(ge=1, le=2**63 - 1)
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


class SizeUpdate(Input):
    """What is not given stays. Width and height are given together."""

    name: Name | None = None
    width_px: int | None = Field(default=None, ge=1)
    height_px: int | None = Field(default=None, ge=1)
    shopify_variant_id: VariantGid | None = None
    sort_order: Order | None = None

    @model_validator(mode="after")
    def _printable(self) -> Self:
        return _checked(self)


class SizeRead(Schema):
    uuid: str
    product_id: str
    shopify_variant_id: str | None
    name: str
    width_px: int
    height_px: int
    sort_order: int
    updated_at: Moment


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
    is_active: bool | None = None
    """False takes the style off, true brings it back."""


class ExamplePut(Input):
    """The picture that shows shoppers what a style makes."""

    image: Picture


class StyleRead(Schema):
    uuid: str
    name: str
    prompt_template: str
    parameters: dict[str, str | int | float | bool] | None
    has_example: bool
    is_active: bool
    sort_order: int
    usage_count: int
    created_at: Moment
    updated_at: Moment


class ProductStylePut(Input):
    """Offer a style on a product, or no longer."""

    is_enabled: bool = True
    sort_order: Order = 0


class StyleOrder(Input):
    """Every style of the product, in the order in which shoppers are to see them."""

    ai_style_ids: list[Annotated[str, Field(pattern=UUID)]] = Field(max_length=99)


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


class BaseUpdate(Input):
    """What is not given stays."""

    name: Name | None = None
    description: str | None = Field(default=None, max_length=2000)
    option_names: list[Name] | None = Field(default=None, max_length=3)
    base_price: Decimal | None = Field(default=None, ge=0, max_digits=12, decimal_places=2)
    sort_order: Order | None = None
    is_active: bool | None = None


class BaseRead(Schema):
    uuid: str
    name: str
    description: str | None
    option_names: list[str] | None
    base_price: Amount | None
    is_active: bool
    sort_order: int
    updated_at: Moment


class BaseVariantCreate(_Pixels):
    """One combination of a base's options."""

    name: Name
    option_values: dict[Name, Name] = Field(default={}, max_length=3)
    price_modifier: Decimal = Field(default=Decimal(0), max_digits=12, decimal_places=2)
    sort_order: Order = 0


class BaseVariantUpdate(Input):
    """What is not given stays. Width and height are given together."""

    name: Name | None = None
    option_values: dict[Name, Name] | None = Field(default=None, max_length=3)
    width_px: int | None = Field(default=None, ge=1)
    height_px: int | None = Field(default=None, ge=1)
    price_modifier: Decimal | None = Field(default=None, max_digits=12, decimal_places=2)
    sort_order: Order | None = None
    is_active: bool | None = None

    @model_validator(mode="after")
    def _printable(self) -> Self:
        return _checked(self)


class BaseVariantRead(Schema):
    uuid: str
    product_base_id: str
    name: str
    option_values: dict[str, str] | None
    width_px: int
    height_px: int
    price_modifier: Amount
    is_active: bool
    sort_order: int
    updated_at: Moment


class LinkPut(Input):
    """Offer a base on a product, or no longer."""

    is_enabled: bool = True
    sort_order: Order = 0


class LinkRead(Schema):
    product_id: str
    product_base_id: str
    is_enabled: bool
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
