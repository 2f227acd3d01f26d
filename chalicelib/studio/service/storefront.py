"""What a shop offers its shoppers on a product."""

from __future__ import annotations

from chalicelib.integrations import storage
from chalicelib.shops.service import Shopper
from chalicelib.studio.errors import ProductNotFound
from chalicelib.studio.models import Size
from chalicelib.studio.repository import products, styles
from chalicelib.studio.schemas.shopper import OfferedSize, OfferedStyle, OfferRead

LINK_SECONDS = 900
"""Lifetime of the links to example images."""


def read_offer(shopper: Shopper, shopify_product_id: str) -> OfferRead:
    """Return the styles and sizes that a shopper can choose on a product, in the merchant's order.

    Raises ProductNotFound if the product is not enabled.
    """
    if not (shopify_product_id.isascii() and shopify_product_id.isdigit()):
        raise ProductNotFound
    uuid = products.product_uuid(shopper.shop, int(shopify_product_id))
    product = products.find_product(shopper.shop, uuid)
    if product is None or not product.is_enabled:
        raise ProductNotFound
    style_ids = [link.ai_style_id for link in products.list_product_styles(uuid) if link.is_enabled]
    active_styles = [style for style in styles.find_styles(shopper.shop, style_ids) if style.is_active]
    return OfferRead(
        product_id=product.uuid,
        title=product.title,
        styles=[
            OfferedStyle(id=style.uuid, name=style.name, example_url=_link(style.example_image_url))
            for style in active_styles
        ],
        sizes=[_to_offered_size(size) for size in products.list_sizes(uuid)],
    )


def _to_offered_size(size: Size) -> OfferedSize:
    return OfferedSize(
        id=size.uuid,
        name=size.name,
        shopify_variant_id=size.shopify_variant_id,
        width_px=size.width_px,
        height_px=size.height_px,
        print_format=size.print_format,
    )


def _link(url: str | None) -> str | None:
    return storage.presigned_get(url, seconds=LINK_SECONDS) if url else None
