"""What a shop offers its shoppers on a product."""

from __future__ import annotations

from chalicelib.integrations import storage
from chalicelib.shops.service import Shopper
from chalicelib.studio.errors import ProductNotFound
from chalicelib.studio.repository import catalogue
from chalicelib.studio.schemas.shopper import OfferedSize, OfferedStyle, OfferRead

LINK_SECONDS = 900
"""How long an example's picture can be looked at."""


def read_offer(shopper: Shopper, shopify_product_id: str) -> OfferRead:
    """The styles and sizes that can be chosen now, in the merchant's order.

    Raises ProductNotFound for a product that is not enabled.
    """
    if not (shopify_product_id.isascii() and shopify_product_id.isdigit()):
        raise ProductNotFound
    uuid = catalogue.product_uuid(shopper.shop, int(shopify_product_id))
    product = catalogue.find_product(shopper.shop, uuid)
    if product is None or not product.is_enabled:
        raise ProductNotFound
    links = [link.ai_style_id for link in catalogue.list_product_styles(uuid) if link.is_enabled]
    styles = [style for style in catalogue.find_styles(shopper.shop, links) if style.is_active]
    return OfferRead(
        product_id=product.uuid,
        title=product.title,
        styles=[
            OfferedStyle(id=style.uuid, name=style.name, example_url=_link(style.example_image_url)) for style in styles
        ],
        sizes=[OfferedSize.of(size) for size in catalogue.list_sizes(uuid)],
    )


def _link(url: str | None) -> str | None:
    return storage.presigned_get(url, seconds=LINK_SECONDS) if url else None
