"""Schemas of the merchant's catalogue: products, sizes, styles, bases."""

import base64
import binascii
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from chalicelib.kit.schemas import UNCHANGED, Amount, Input, Page, Schema, Timestamp
from chalicelib.studio.domain import prompt
from chalicelib.studio.domain.print_size import PrintFormat, PrintSize
from chalicelib.studio.schemas.shopper import UUID

MAX_MARK = 500_000
"""Bytes of a watermark's or an example's image."""
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
"""Parameters of the image model; the local model uses `style`."""


def _template(text: str) -> str:
    prompt.check_template(text)
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
"""Base64 of a PNG, JPEG or WebP image of at most 500 KB."""
Photo = Annotated[str, AfterValidator(_base64(MAX_PHOTO))]
"""Base64 of an image of at most 3 MB."""


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
    fields = update.model_fields_set & {"width_px", "height_px"}
    if len(fields) == 1:
        raise ValueError("width_px and height_px must be sent together")
    if fields:
        PrintSize(update.width_px, update.height_px)
    return update


class ProductCreate(Input):
    """A Shopify product to enable for images."""

    shopify_product_id: int = Field(ge=1, le=2**63 - 1)
    title: Name


class ProductUpdate(Input):
    """Changes to a product; omitted fields stay."""

    title: Name = UNCHANGED
    is_enabled: bool = UNCHANGED


class ProductRead(Schema):
    uuid: str
    shopify_product_id: int
    title: str
    is_enabled: bool
    created_at: Timestamp
    updated_at: Timestamp


class SizeCreate(_Pixels):
    """A print size; `print_format` is the type of its print files."""

    name: Name
    shopify_variant_id: VariantGid | None = None
    print_format: PrintFormat = PrintFormat.JPEG
    sort_order: Order = 0


class SizeUpdate(Input):
    """Changes to a size; omitted fields stay, null removes the Shopify variant. Send width and height together."""

    name: Name = UNCHANGED
    width_px: Pixels = UNCHANGED
    height_px: Pixels = UNCHANGED
    shopify_variant_id: VariantGid | None = UNCHANGED
    print_format: PrintFormat = UNCHANGED
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
    print_format: PrintFormat
    sort_order: int
    updated_at: Timestamp


class StyleCreate(Input):
    """A style; its template may use {style}, {product} and {text}, the shopper's text."""

    name: Name
    prompt_template: Annotated[str, AfterValidator(_template)]
    parameters: Parameters = Field(default={})
    sort_order: Order = 0


class StyleUpdate(Input):
    """Changes to a style; omitted fields stay, null removes the parameters."""

    name: Name = UNCHANGED
    prompt_template: Annotated[str, AfterValidator(_template)] = UNCHANGED
    parameters: Parameters | None = UNCHANGED
    sort_order: Order = UNCHANGED
    is_active: bool = UNCHANGED
    """False deactivates the style, true reactivates it."""


class ExamplePut(Input):
    """The example image that shows a style to shoppers."""

    image: Picture


class StyleRead(Schema):
    uuid: str
    name: str
    prompt_template: str
    parameters: dict[str, str | int | float | bool] | None
    has_example: bool
    example_url: str | None
    """A link to the example image, for five minutes."""
    is_active: bool
    sort_order: int
    usage_count: int
    created_at: Timestamp
    updated_at: Timestamp


class ProductStylePut(Input):
    """How a style is offered on a product."""

    is_enabled: bool = True
    sort_order: Order = 0


class StyleOrder(Input):
    """Every style of the product, in the order in which shoppers see them."""

    ai_style_ids: list[Annotated[str, Field(pattern=UUID)]] = Field(max_length=99)


class ProductStyleRead(Schema):
    product_id: str
    ai_style_id: str
    sort_order: int
    is_enabled: bool


class ProductStylesRead(Page[ProductStyleRead]):
    """Styles on a product in their order; `updated_at` is when the list, or a style's position in it, last changed."""

    updated_at: Timestamp


class BaseCreate(Input):
    """A product base to print on."""

    name: Name
    description: Description | None = None
    option_names: OptionNames = Field(default=[])
    base_price: Price | None = None
    sort_order: Order = 0


class BaseUpdate(Input):
    """Changes to a base; omitted fields stay, null removes the description, the options or the price."""

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
    updated_at: Timestamp


class BaseVariantCreate(_Pixels):
    """A variant of a base: one combination of its options."""

    name: Name
    option_values: OptionValues = Field(default={})
    price_modifier: PriceModifier = Decimal(0)
    sort_order: Order = 0


class BaseVariantUpdate(Input):
    """Changes to a variant; omitted fields stay, null removes the option values. Send width and height together."""

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
    updated_at: Timestamp


class LinkPut(Input):
    """How a product is offered on a base."""

    is_enabled: bool = True
    sort_order: Order = 0


class LinkRead(Schema):
    product_id: str
    product_base_id: str
    is_enabled: bool
    sort_order: int


class MappingPut(Input):
    """The base variant for a Shopify variant of the product; `is_active` false removes the mapping."""

    product_base_variant_id: str = Field(pattern=UUID)
    shopify_variant_id: VariantGid
    is_active: bool = True


class MappingRead(Schema):
    product_id: str
    product_base_variant_id: str
    shopify_variant_id: str
    is_active: bool
