"""Retention of the studio's rows: they live as long as their shop, except unused uploads, which DynamoDB's TTL deletes.

A customer's rows are found among the shop's rows: privacy requests are far rarer than uploads and orders, so an index by
customer would cost more than it saves. Generations of the customer's orders and photos are included.
"""

from __future__ import annotations

from chalicelib.kit.data_policy import (
    Bucket,
    ObjectPrefix,
    RetentionRule,
    TablePolicy,
)
from chalicelib.kit.data_subjects import SubjectType
from chalicelib.kit.subject_queries import (
    ByIndex,
    ByKey,
    CounterAdjustment,
    Delete,
    OwnerFilter,
    SubjectQuery,
    ViaTable,
)
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

_SHOP_BY_KEY = SubjectQuery(SubjectType.SHOP, ByKey("shop_id", "{shop}"))
_SHOP_BY_INDEX = SubjectQuery(SubjectType.SHOP, ByIndex("shop_id", "{shop}"))
_SHOP_BY_PRODUCT = SubjectQuery(SubjectType.SHOP, ViaTable("studio/products", ByKey("product_id", "{uuid}")))
_DELETE_STORED = Delete(CounterAdjustment("byte_count", Quota, "{shop_id}", "current_storage_mb", MEGABYTE))
"""Delete the row and subtract its bytes from the shop's quota; a shop's erasure deletes the quota itself."""
_OWN = OwnerFilter("customer_id")
_OWN_OR_GUEST = OwnerFilter("customer_id", unowned=True)
_OWN_PRINTS = OwnerFilter("customer_id", other_column="preview_customer_id", alias_column="order_id")
"""A print belongs to the preview's shopper and to the order's customer; the erasure of either erases it."""
_VARIANT_GUARD = ("shopify_variant_id", "product_id", "shopify_variant_id")


def upload_of(url: str) -> str:
    """Return the upload id in a photo's URL."""
    return url.rsplit("/", 1)[-1]


TABLE_POLICIES = (
    TablePolicy(
        "studio/products",
        Product,
        queries=(_SHOP_BY_KEY,),
        app=APP,
    ),
    TablePolicy(
        "studio/sizes",
        Size,
        queries=(_SHOP_BY_PRODUCT,),
        app=APP,
        unique_values=(_VARIANT_GUARD,),
    ),
    TablePolicy(
        "studio/ai_styles",
        AiStyle,
        queries=(_SHOP_BY_KEY,),
        app=APP,
        object_columns=("example_image_url",),
    ),
    TablePolicy(
        "studio/product_styles",
        ProductStyle,
        queries=(_SHOP_BY_PRODUCT,),
        app=APP,
    ),
    TablePolicy(
        "studio/product_bases",
        ProductBase,
        queries=(_SHOP_BY_KEY,),
        app=APP,
    ),
    TablePolicy(
        "studio/product_base_variants",
        ProductBaseVariant,
        queries=(
            SubjectQuery(SubjectType.SHOP, ViaTable("studio/product_bases", ByIndex("product_base_id", "{uuid}"))),
        ),
        app=APP,
    ),
    TablePolicy(
        "studio/product_product_bases",
        ProductProductBase,
        queries=(_SHOP_BY_PRODUCT,),
        app=APP,
    ),
    TablePolicy(
        "studio/product_base_variant_mappings",
        ProductBaseVariantMapping,
        queries=(_SHOP_BY_PRODUCT,),
        app=APP,
        unique_values=(_VARIANT_GUARD,),
    ),
    TablePolicy(
        "studio/watermarks",
        Watermark,
        queries=(_SHOP_BY_KEY,),
        app=APP,
        object_columns=("image_url",),
    ),
    TablePolicy(
        "studio/quotas",
        Quota,
        queries=(_SHOP_BY_KEY,),
        app=APP,
    ),
    TablePolicy(
        "studio/uploads",
        Upload,
        queries=(
            _SHOP_BY_INDEX,
            SubjectQuery(SubjectType.CUSTOMER, ByIndex("shop_id", "{shop}"), _DELETE_STORED, _OWN),
            SubjectQuery(
                SubjectType.CUSTOMER,
                ViaTable("studio/generations", ByKey("id", "{input_image_url}"), transform=upload_of),
                _DELETE_STORED,
                _OWN_OR_GUEST,
            ),
        ),
        app=APP,
        object_columns=("object_key", "accepted_key"),
    ),
    TablePolicy(
        "studio/generations",
        Generation,
        queries=(
            _SHOP_BY_INDEX,
            SubjectQuery(SubjectType.CUSTOMER, ByIndex("shop_id", "{shop}"), _DELETE_STORED, _OWN_PRINTS),
            SubjectQuery(
                SubjectType.CUSTOMER,
                ViaTable("studio/generations", ByKey("id", "{source_generation_id}")),
                _DELETE_STORED,
                _OWN_OR_GUEST,
            ),
        ),
        app=APP,
        object_columns=("unmarked_image_url", "preview_image_url", "final_image_url"),
    ),
    TablePolicy(
        "studio/orders",
        Order,
        queries=(
            _SHOP_BY_KEY,
            SubjectQuery(
                SubjectType.CUSTOMER,
                ByKey("shop_id", "{shop}"),
                owner=OwnerFilter("customer_id", alias_column="shopify_order_id"),
            ),
        ),
        app=APP,
        alias_column="shopify_order_id",
    ),
)


def _pictures(name: str) -> ObjectPrefix:
    return ObjectPrefix(Bucket.IMAGES, f"{name}/", folders={SubjectType.SHOP: f"{name}/{{shop}}/"}, app=APP)


OBJECT_PREFIXES = tuple(
    _pictures(name) for name in ("uploads", "photos", "pictures", "previews", "finals", "watermarks", "examples")
)
