"""Tables of the studio, in reading order: the merchant's catalogue, then shoppers' images and orders."""

from chalicelib.studio.models.catalogue import (
    AiStyle,
    Product,
    ProductBase,
    ProductBaseVariant,
    ProductBaseVariantMapping,
    ProductProductBase,
    ProductStyle,
    Size,
    Watermark,
)
from chalicelib.studio.models.images import (
    Generation,
    GenerationStatus,
    GenerationType,
    Order,
    Quota,
    Upload,
    UploadStatus,
    UpscaleStatus,
)

APP = "studio"
"""The Shopify app whose merchants and shoppers the studio serves."""

__all__ = [
    "APP",
    "AiStyle",
    "Generation",
    "GenerationStatus",
    "GenerationType",
    "Order",
    "Product",
    "ProductBase",
    "ProductBaseVariant",
    "ProductBaseVariantMapping",
    "ProductProductBase",
    "ProductStyle",
    "Quota",
    "Size",
    "Upload",
    "UploadStatus",
    "UpscaleStatus",
    "Watermark",
]
