"""Retention of the studio's rows: they live as long as their shop, except unused uploads, which DynamoDB's TTL deletes.

A customer's rows are found among the shop's rows: privacy requests are far rarer than uploads and orders, so an index by
customer would cost more than it saves. Generations of the customer's orders and photos are included.
"""

from __future__ import annotations

from chalicelib.kit.data_policy import (
    Bucket,
    CounterAdjustment,
    ObjectPrefix,
    OwnerFilter,
    RetentionRule,
    SubjectQuery,
    TablePolicy,
    columns,
)
from chalicelib.kit.data_subjects import SubjectType
from chalicelib.studio.domain.quota import MEGABYTE
from chalicelib.studio.models import (
    APP,
    AiStyle,
    Generation,
    Order,
    Product,
    ProductBase,
    ProductBaseVariant,
    ProductBaseVariantMapping,
    ProductProductBase,
    ProductStyle,
    Quota,
    Size,
    Upload,
    Watermark,
)

RULES: tuple[RetentionRule, ...] = ()

_BY_SHOP = SubjectQuery(SubjectType.SHOP, "shop_id", "{shop}")
_BY_PRODUCT = SubjectQuery(SubjectType.SHOP, "product_id", "{uuid}", via="studio/products")
_STORED = CounterAdjustment("byte_count", Quota, "{shop_id}", "current_storage_mb", MEGABYTE)
_PRINTED_FOR = OwnerFilter("customer_id", other_column="preview_customer_id", alias_column="order_id")
"""A print belongs to the preview's shopper and to the order's customer; the erasure of either erases it."""
_VARIANT_GUARD = ("shopify_variant_id", "product_id", "shopify_variant_id")


def upload_of(url: str) -> str:
    """Return the upload id in a photo's URL."""
    return url.rsplit("/", 1)[-1]


TABLE_POLICIES = (
    TablePolicy(
        "studio/products",
        Product,
        personal=columns("shop_id title shopify_product_id"),
        impersonal=columns("uuid is_enabled style_count told_at created_at updated_at"),
        queries=(_BY_SHOP,),
        app=APP,
    ),
    TablePolicy(
        "studio/sizes",
        Size,
        personal=columns("name shopify_variant_id"),
        impersonal=columns("uuid product_id width_px height_px is_active sort_order created_at updated_at"),
        queries=(_BY_PRODUCT,),
        app=APP,
        unique_values=(_VARIANT_GUARD,),
    ),
    TablePolicy(
        "studio/ai_styles",
        AiStyle,
        personal=columns("shop_id name prompt_template parameters example_image_url"),
        impersonal=columns("uuid example_byte_count is_active sort_order usage_count created_at updated_at"),
        queries=(_BY_SHOP,),
        app=APP,
        object_columns=("example_image_url",),
    ),
    TablePolicy(
        "studio/product_styles",
        ProductStyle,
        impersonal=columns("product_id ai_style_id sort_order is_enabled created_at updated_at"),
        queries=(_BY_PRODUCT,),
        app=APP,
    ),
    TablePolicy(
        "studio/product_bases",
        ProductBase,
        personal=columns("shop_id name description option_names base_price"),
        impersonal=columns("uuid is_active sort_order created_at updated_at"),
        queries=(_BY_SHOP,),
        app=APP,
    ),
    TablePolicy(
        "studio/product_base_variants",
        ProductBaseVariant,
        personal=columns("shop_id name option_values price_modifier"),
        impersonal=columns("uuid product_base_id width_px height_px is_active sort_order created_at updated_at"),
        queries=(SubjectQuery(SubjectType.SHOP, "product_base_id", "{uuid}", via="studio/product_bases"),),
        app=APP,
    ),
    TablePolicy(
        "studio/product_product_bases",
        ProductProductBase,
        impersonal=columns("product_id product_base_id is_enabled sort_order created_at updated_at"),
        queries=(_BY_PRODUCT,),
        app=APP,
    ),
    TablePolicy(
        "studio/product_base_variant_mappings",
        ProductBaseVariantMapping,
        personal=columns("variant_pair shopify_variant_id"),
        impersonal=columns("product_id product_base_variant_id is_active created_at updated_at"),
        queries=(_BY_PRODUCT,),
        app=APP,
        unique_values=(_VARIANT_GUARD,),
    ),
    TablePolicy(
        "studio/watermarks",
        Watermark,
        personal=columns("shop_id image_url"),
        impersonal=columns("byte_count opacity position size_percentage is_active created_at updated_at"),
        queries=(_BY_SHOP,),
        app=APP,
        object_columns=("image_url",),
    ),
    TablePolicy(
        "studio/quotas",
        Quota,
        personal=columns("shop_id"),
        impersonal=columns(
            """monthly_generation_limit storage_quota_mb max_concurrent_generations current_generations
            current_storage_mb leases daily_generations version last_reset_date total_generations created_at updated_at"""
        ),
        queries=(_BY_SHOP,),
        app=APP,
    ),
    TablePolicy(
        "studio/uploads",
        Upload,
        personal=columns("shop_id customer_id object_key"),
        impersonal=columns(
            """id status reject_reason byte_count width height sequencer created_at updated_at expires_epoch
            unused"""
        ),
        queries=(
            _BY_SHOP,
            SubjectQuery(SubjectType.CUSTOMER, "shop_id", "{shop}", owner=OwnerFilter("customer_id"), counter=_STORED),
            SubjectQuery(
                SubjectType.CUSTOMER,
                "id",
                "{input_image_url}",
                via="studio/generations",
                transform=upload_of,
                owner=OwnerFilter("customer_id", unowned=True),
                counter=_STORED,
            ),
        ),
        app=APP,
        object_columns=("object_key",),
    ),
    TablePolicy(
        "studio/generations",
        Generation,
        personal=columns(
            """shop_id order_id line_item_id customer_id preview_customer_id input_image_url preview_image_url
            final_image_url ai_prompt_used generation_params error_message shop_status shop_upscale_status"""
        ),
        impersonal=columns(
            """id product_id ai_style_id source_generation_id product_base_variant_id shopify_variant_id byte_count
            generation_type status processing_time_ms ai_model_used upscale_status upscale_factor original_width
            original_height final_width final_height upscale_started_at upscale_completed_at created_at updated_at
            open_work lease_until attempts answered deaths provider_job provider_job_at jobs_lost awaits requested_at
            retries next_attempt_at"""
        ),
        queries=(
            _BY_SHOP,
            SubjectQuery(SubjectType.CUSTOMER, "shop_id", "{shop}", owner=_PRINTED_FOR, counter=_STORED),
            SubjectQuery(
                SubjectType.CUSTOMER,
                "id",
                "{source_generation_id}",
                via="studio/generations",
                owner=OwnerFilter("customer_id", unowned=True),
                counter=_STORED,
            ),
        ),
        app=APP,
        object_columns=("preview_image_url", "final_image_url"),
    ),
    TablePolicy(
        "studio/orders",
        Order,
        personal=columns("shop_id shopify_order_id customer_id order_number total_price facts"),
        impersonal=columns("status told_at version created_at updated_at"),
        queries=(
            _BY_SHOP,
            SubjectQuery(
                SubjectType.CUSTOMER,
                "shop_id",
                "{shop}",
                owner=OwnerFilter("customer_id", alias_column="shopify_order_id"),
            ),
        ),
        app=APP,
        alias_column="shopify_order_id",
    ),
)


def _pictures(name: str) -> ObjectPrefix:
    return ObjectPrefix(Bucket.IMAGES, f"{name}/", folders={SubjectType.SHOP: f"{name}/{{shop}}/"}, app=APP)


OBJECT_PREFIXES = tuple(_pictures(name) for name in ("uploads", "previews", "finals", "watermarks", "examples"))
