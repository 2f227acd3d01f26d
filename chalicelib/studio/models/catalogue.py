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
from chalicelib.studio.domain.watermark import Position


class VariantsByBase(GlobalSecondaryIndex["ProductBaseVariant"]):
    """The variants of a base."""

    class Meta:
        index_name = "by_product_base_id"
        projection = AllProjection()

    product_base_id = UnicodeAttribute(hash_key=True)
    created_at = DateTimeAttribute(range_key=True)


class Product(Table):
    """A Shopify product on which images can be made. Its uuid is the UUIDv5 of shop and Shopify's number, so the key keeps both unique."""

    class Meta:
        table_name = tables.name("studio", "products")

    shop_id = UnicodeAttribute(hash_key=True)
    uuid = UnicodeAttribute(range_key=True)
    shopify_product_id = IntegerAttribute()
    title = UnicodeAttribute()
    is_enabled = BooleanAttribute(default=True)
    style_count = IntegerAttribute(default=0)
    """Number of styles ever added to the product; the limit applies to it."""
    told_at = DateTimeAttribute(null=True)
    """The trigger time of the newest Shopify webhook that was applied."""
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()


class Size(Table):
    """A print size of a product, in pixels at 300 dpi."""

    class Meta:
        table_name = tables.name("studio", "sizes")

    uuid = UnicodeAttribute(range_key=True)
    product_id = UnicodeAttribute(hash_key=True)
    shopify_variant_id = UnicodeAttribute(null=True)
    name = UnicodeAttribute()
    width_px = IntegerAttribute()
    height_px = IntegerAttribute()
    is_active = BooleanAttribute(default=True)
    sort_order = IntegerAttribute(default=0)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()


class AiStyle(Table):
    """A style that turns a photo into an image: the merchant's name and the prompt."""

    class Meta:
        table_name = tables.name("studio", "ai_styles")

    uuid = UnicodeAttribute(range_key=True)
    shop_id = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute()
    prompt_template = UnicodeAttribute()
    parameters = JsonAttribute(null=True)
    """Parameters of the image model, such as the local model's `style`."""
    example_image_url = UnicodeAttribute(null=True)
    example_byte_count = IntegerAttribute(null=True)
    """Size of the example image, as counted in the storage quota."""
    is_active = BooleanAttribute(default=True)
    sort_order = IntegerAttribute(default=0)
    usage_count = IntegerAttribute(default=0)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()


class ProductStyle(Table):
    """A style that is offered on a product, in the merchant's order."""

    class Meta:
        table_name = tables.name("studio", "product_styles")

    product_id = UnicodeAttribute(hash_key=True)
    ai_style_id = UnicodeAttribute(range_key=True)
    sort_order = IntegerAttribute(default=0)
    is_enabled = BooleanAttribute(default=True)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()


class ProductBase(Table):
    """A physical product to print on (a poster, a mug), with its options."""

    class Meta:
        table_name = tables.name("studio", "product_bases")

    uuid = UnicodeAttribute(range_key=True)
    shop_id = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    option_names = StringListAttribute(null=True)
    base_price = DecimalAttribute(null=True)
    is_active = BooleanAttribute(default=True)
    sort_order = IntegerAttribute(default=0)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()


class ProductBaseVariant(Table):
    """One combination of a base's options, with its print size in pixels."""

    class Meta:
        table_name = tables.name("studio", "product_base_variants")

    uuid = UnicodeAttribute(hash_key=True)
    product_base_id = UnicodeAttribute()
    name = UnicodeAttribute()
    option_values = JsonAttribute(null=True)
    width_px = IntegerAttribute()
    height_px = IntegerAttribute()
    price_modifier = DecimalAttribute(default=Decimal(0))
    is_active = BooleanAttribute(default=True)
    sort_order = IntegerAttribute(default=0)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()
    shop_id = UnicodeAttribute()
    by_product_base_id = VariantsByBase()


class ProductProductBase(Table):
    """A base that a product is offered on."""

    class Meta:
        table_name = tables.name("studio", "product_product_bases")

    product_id = UnicodeAttribute(hash_key=True)
    product_base_id = UnicodeAttribute(range_key=True)
    is_enabled = BooleanAttribute(default=True)
    sort_order = IntegerAttribute(default=0)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()


class ProductBaseVariantMapping(Table):
    """The base variant for a Shopify variant of the product."""

    class Meta:
        table_name = tables.name("studio", "product_base_variant_mappings")

    product_id = UnicodeAttribute(hash_key=True)
    variant_pair = UnicodeAttribute(range_key=True)
    """`<product_base_variant_id>#<shopify_variant_id>`."""
    product_base_variant_id = UnicodeAttribute()
    shopify_variant_id = UnicodeAttribute()
    is_active = BooleanAttribute(default=True)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()


class Watermark(Table):
    """The watermark on a shop's previews."""

    class Meta:
        table_name = tables.name("studio", "watermarks")

    shop_id = UnicodeAttribute(hash_key=True)
    image_url = UnicodeAttribute()
    byte_count = IntegerAttribute(null=True)
    """Size of the image, as counted in the storage quota."""
    opacity = DecimalAttribute(default=Decimal("0.3"))
    position = EnumAttribute(Position, default=Position.BOTTOM_RIGHT)
    size_percentage = DecimalAttribute(default=Decimal(10))
    is_active = BooleanAttribute(default=True)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()
