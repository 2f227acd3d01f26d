"""The shopper's page to make an image of a photo: no framework, no third-party resources.

It calls the shop's own domain, under the app proxy's path, where Shopify signs each request to us, and the bucket that
receives the photo and serves the images.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from chalicelib.kit.web import Document, Page, compose_document
from chalicelib.studio.domain import crop
from chalicelib.studio.schemas.shopper import OfferedSize, OfferedStyle, OfferRead

SCRIPTS = ("base.js", "crop.js", "upload.js", "photo.js", "cart.js", "storefront.js")
_FOLDER = Path(__file__).parent


def offer_page(offer: OfferRead, prefix: str, bucket: str) -> Document:
    """Return the page for a product's offer.

    `prefix` is the app's path in the shop, `bucket` the origins of the bucket, separated by spaces.
    """
    sizes = _shown_sizes(offer)
    fields = {
        "title": escape(offer.title),
        "styles": "".join(_style(style, is_only=len(offer.styles) == 1) for style in offer.styles),
        "sizes": "".join(_size(size, is_only=len(sizes) == 1) for size in sizes),
        "unless_sized": "" if sizes else "hidden",
    }
    policy = {
        "img-src": f"blob: data: {bucket}",
        "connect-src": f"'self' {bucket}",
    }
    data = {
        "product_id": offer.product_id,
        "prefix": prefix,
        "shop": _shop_path(prefix),
        "sizes": [_size_data(size) for size in sizes],
        "print_dpi": crop.PRINT_DPI,
        "sharp_dpi": crop.GOOD_DPI,
        "least_dpi": crop.MIN_DPI,
    }
    return compose_document(
        Page(
            folder=_FOLDER,
            title=f"{offer.title}: make it yours",
            markup="storefront.html",
            style="storefront.css",
            scripts=("kit/client.js", *SCRIPTS),
            fields=fields,
            data=data,
            policy=policy,
        )
    )


def nothing_offered_page(prefix: str) -> Document:
    """Return the 404 page for a product that does not exist or is not enabled."""
    fields = {"shop": escape(_shop_path(prefix) or "/")}
    return compose_document(
        Page(_FOLDER, "Not here at the moment", "nothing.html", "storefront.css", fields=fields, status=404)
    )


def _shop_path(prefix: str) -> str:
    """Return the path before the app's own (`/apps/studio`): empty, or a locale prefix that the cart's path has too."""
    return "/".join(prefix.split("/")[:-2])


def _shown_sizes(offer: OfferRead) -> list[OfferedSize]:
    """Return the sizes that can be bought; if none can, return all, because a preview needs a size."""
    return [size for size in offer.sizes if size.shopify_variant_id] or offer.sizes


def _style(style: OfferedStyle, *, is_only: bool) -> str:
    example = f'<img src="{escape(style.example_url)}" alt="" width="320" height="320">' if style.example_url else ""
    checked = " checked" if is_only else ""
    return (
        f'<label class="choice-card"><input type="radio" name="style" value="{escape(style.id)}" required{checked}>'
        f'<span class="option">{example}<span dir="auto">{escape(style.name)}</span></span></label>'
    )


def _size(size: OfferedSize, *, is_only: bool) -> str:
    checked = " checked" if is_only else ""
    box = f"0 0 {size.width_px} {size.height_px}"
    shape = f'<svg class="shape" viewBox="{box}" aria-hidden="true"><rect width="100%" height="100%"/></svg>'
    return (
        f'<label class="choice-card"><input type="radio" name="size" value="{escape(size.id)}" required{checked}>'
        f'<span class="option">{shape}<span dir="auto">{escape(size.name)}</span></span></label>'
    )


def _size_data(size: OfferedSize) -> dict[str, Any]:
    """Return a size as data for the script; `variant` is the number in Shopify's id, null if it cannot be bought."""
    number = (size.shopify_variant_id or "").rpartition("/")[2]
    return {
        "id": size.id,
        "name": size.name,
        "width": size.width_px,
        "height": size.height_px,
        "variant": int(number) if number else None,
    }
