"""What merchants set up: products, sizes, styles, bases."""

import base64
import binascii
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from chalicelib.kit.schemas import UNCHANGED, Amount, Input, Moment, Page, Schema
from chalicelib.studio import prompt
from chalicelib.studio.print import PrintSize
from chalicelib.studio.schemas.shopper import UUID

MAX_MARK = 500_000
"""Bytes of a watermark's or an example's picture."""
MAX_PHOTO = 3_000_000

Name = Annotated[str, Field(min_length=1, max_length=255)]
VariantGid = Annotated[str, Field(pattern=r"^gid://shopify/ProductVariant/[0-9]{1,20}$")]
Order = Annotated[int, Field(ge=0, le=10_000)]
Pixels = Annotated[int, Field(ge=1)]
Description = Annotated[str, Field(max_length=2000)]
OptionNames = Annotated[list[Name], Field(max_length=3)]
OptionValues = Annotated[dict[Name, Name], Field(max_length=3)]
Price = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
PriceModifier = Annotated[Decimal, Field(max_digits=12, decimal_places=2)]
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

    width_px: Pixels
    height_px: Pixels

    @model_validator(mode="after")
    def _printable(self) -> Self:
        PrintSize(self.width_px, self.height_px)
        return self


P = TypeVar("P", bound="SizeUpdate | BaseVariantUpdate")


def _checked(update: P) -> P:
    given = update.model_fields_set & {"width_px", "height_px"}
    if len(given) == 1:
        raise ValueError("width_px and height_px are given together")
    if given:
        PrintSize(update.width_px, update.height_px)
    return update


class ProductCreate(Input):
    """A Shopify product on which images shall be made."""

    shopify_product_id: int = Field(ge=1, le=2**63 - 1)
    title: Name


class ProductUpdate(Input):
    """What is not given stays."""

    title: Name = UNCHANGED
    is_enabled: bool = UNCHANGED


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
    """What is not given stays; null takes the Shopify variant off. Width and height are given together."""

    name: Name = UNCHANGED
    width_px: Pixels = UNCHANGED
    height_px: Pixels = UNCHANGED
    shopify_variant_id: VariantGid | None = UNCHANGED
    sort_order: Order = UNCHANGED

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
    """What is not given stays; null takes the parameters away."""

    name: Name = UNCHANGED
    prompt_template: Annotated[str, AfterValidator(_template)] = UNCHANGED
    parameters: Parameters | None = UNCHANGED
    sort_order: Order = UNCHANGED
    is_active: bool = UNCHANGED
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


class ProductStylesRead(Page[ProductStyleRead]):
    """Styles on a product in their order; `updated_at` is when the list, or any style's place in it, last changed."""

    updated_at: Moment


class BaseCreate(Input):
    """Something to print on."""

    name: Name
    description: Description | None = None
    option_names: OptionNames = Field(default=[])
    base_price: Price | None = None
    sort_order: Order = 0


class BaseUpdate(Input):
    """What is not given stays; null takes a description, the options or the price away."""

    name: Name = UNCHANGED
    description: Description | None = UNCHANGED
    option_names: OptionNames | None = UNCHANGED
    base_price: Price | None = UNCHANGED
    sort_order: Order = UNCHANGED
    is_active: bool = UNCHANGED


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
    option_values: OptionValues = Field(default={})
    price_modifier: PriceModifier = Decimal(0)
    sort_order: Order = 0


class BaseVariantUpdate(Input):
    """What is not given stays; null takes the option values away. Width and height are given together."""

    name: Name = UNCHANGED
    option_values: OptionValues | None = UNCHANGED
    width_px: Pixels = UNCHANGED
    height_px: Pixels = UNCHANGED
    price_modifier: PriceModifier = UNCHANGED
    sort_order: Order = UNCHANGED
    is_active: bool = UNCHANGED

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
