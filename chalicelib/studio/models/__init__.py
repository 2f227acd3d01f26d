"""The tables of the studio, in reading order: what merchants set up, then what shoppers cause."""

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

__all__ = [
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
