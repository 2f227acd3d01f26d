"""Tables of the merchant's catalogue: products, sizes, styles, bases, the watermark."""

from __future__ import annotations

from decimal import Decimal

from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    EnumAttribute,
    IntegerAttribute,
    JsonAttribute,
    StringListAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table
from chalicelib.studio.domain.print_size import PrintFormat
from chalicelib.studio.domain.watermark import Position


class VariantsByBase(GlobalSecondaryIndex["ProductBaseVariant"]):
    """The variants of a base."""

    class Meta:
        index_name = "by_product_base_id"
        projection = AllProjection()

    product_base_id = UnicodeAttribute(personal=False, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class Product(Table):
    """A Shopify product on which images can be made. Its uuid is the UUIDv5 of shop and Shopify's number, so the key keeps both unique."""

    class Meta:
        table_name = tables.name("studio", "products")

    shop_id = UnicodeAttribute(personal=True, hash_key=True)
    uuid = UnicodeAttribute(personal=False, range_key=True)
    shopify_product_id = IntegerAttribute(personal=True)
    title = UnicodeAttribute(personal=True)
    is_enabled = BooleanAttribute(personal=False, default=True)
    style_count = IntegerAttribute(personal=False, default=0)
    """Number of styles ever added to the product; the limit applies to it."""
    told_at = DateTimeAttribute(personal=False, null=True)
    """The trigger time of the newest Shopify webhook that was applied."""
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class Size(Table):
    """A print size of a product, in pixels at 300 dpi."""

    class Meta:
        table_name = tables.name("studio", "sizes")

    uuid = UnicodeAttribute(personal=False, range_key=True)
    product_id = UnicodeAttribute(personal=False, hash_key=True)
    shopify_variant_id = UnicodeAttribute(personal=True, null=True)
    name = UnicodeAttribute(personal=True)
    width_px = IntegerAttribute(personal=False)
    height_px = IntegerAttribute(personal=False)
    print_format = EnumAttribute(PrintFormat, personal=False, default=PrintFormat.JPEG)
    is_active = BooleanAttribute(personal=False, default=True)
    sort_order = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class AiStyle(Table):
    """A style that turns a photo into an image: the merchant's name and the prompt."""

    class Meta:
        table_name = tables.name("studio", "ai_styles")

    uuid = UnicodeAttribute(personal=False, range_key=True)
    shop_id = UnicodeAttribute(personal=True, hash_key=True)
    name = UnicodeAttribute(personal=True)
    prompt_template = UnicodeAttribute(personal=True)
    parameters = JsonAttribute(personal=True, null=True)
    """Parameters of the image model, such as the local model's `style`."""
    example_image_url = UnicodeAttribute(personal=True, null=True)
    example_byte_count = IntegerAttribute(personal=False, null=True)
    """Size of the example image, as counted in the storage quota."""
    is_active = BooleanAttribute(personal=False, default=True)
    sort_order = IntegerAttribute(personal=False, default=0)
    usage_count = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class ProductStyle(Table):
    """A style that is offered on a product, in the merchant's order."""

    class Meta:
        table_name = tables.name("studio", "product_styles")

    product_id = UnicodeAttribute(personal=False, hash_key=True)
    ai_style_id = UnicodeAttribute(personal=False, range_key=True)
    sort_order = IntegerAttribute(personal=False, default=0)
    is_enabled = BooleanAttribute(personal=False, default=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class ProductBase(Table):
    """A physical product to print on (a poster, a mug), with its options."""

    class Meta:
        table_name = tables.name("studio", "product_bases")

    uuid = UnicodeAttribute(personal=False, range_key=True)
    shop_id = UnicodeAttribute(personal=True, hash_key=True)
    name = UnicodeAttribute(personal=True)
    description = UnicodeAttribute(personal=True, null=True)
    option_names = StringListAttribute(personal=True, null=True)
    base_price = DecimalAttribute(personal=True, null=True)
    is_active = BooleanAttribute(personal=False, default=True)
    sort_order = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class ProductBaseVariant(Table):
    """One combination of a base's options, with its print size in pixels."""

    class Meta:
        table_name = tables.name("studio", "product_base_variants")

    uuid = UnicodeAttribute(personal=False, hash_key=True)
    product_base_id = UnicodeAttribute(personal=False)
    name = UnicodeAttribute(personal=True)
    option_values = JsonAttribute(personal=True, null=True)
    width_px = IntegerAttribute(personal=False)
    height_px = IntegerAttribute(personal=False)
    price_modifier = DecimalAttribute(personal=True, default=Decimal(0))
    is_active = BooleanAttribute(personal=False, default=True)
    sort_order = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
    shop_id = UnicodeAttribute(personal=True)
    by_product_base_id = VariantsByBase()


class ProductProductBase(Table):
    """A base that a product is offered on."""

    class Meta:
        table_name = tables.name("studio", "product_product_bases")

    product_id = UnicodeAttribute(personal=False, hash_key=True)
    product_base_id = UnicodeAttribute(personal=False, range_key=True)
    is_enabled = BooleanAttribute(personal=False, default=True)
    sort_order = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class ProductBaseVariantMapping(Table):
    """The base variant for a Shopify variant of the product."""

    class Meta:
        table_name = tables.name("studio", "product_base_variant_mappings")

    product_id = UnicodeAttribute(personal=False, hash_key=True)
    variant_pair = UnicodeAttribute(personal=True, range_key=True)
    """`<product_base_variant_id>#<shopify_variant_id>`."""
    product_base_variant_id = UnicodeAttribute(personal=False)
    shopify_variant_id = UnicodeAttribute(personal=True)
    is_active = BooleanAttribute(personal=False, default=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class Watermark(Table):
    """The watermark on a shop's previews."""

    class Meta:
        table_name = tables.name("studio", "watermarks")

    shop_id = UnicodeAttribute(personal=True, hash_key=True)
    image_url = UnicodeAttribute(personal=True)
    byte_count = IntegerAttribute(personal=False, null=True)
    """Size of the image, as counted in the storage quota."""
    opacity = DecimalAttribute(personal=False, default=Decimal("0.3"))
    position = EnumAttribute(Position, personal=False, default=Position.BOTTOM_RIGHT)
    size_percentage = DecimalAttribute(personal=False, default=Decimal(10))
    is_active = BooleanAttribute(personal=False, default=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
