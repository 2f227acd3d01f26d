"""The shopper's page to make an image of a photo: no framework, no third-party resources.

It calls the shop's own domain, under the app proxy's path, where Shopify signs each request to us, and the bucket that
receives the photo and serves the images.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from chalicelib.kit.web import Document, Page, compose_document
from chalicelib.studio.schemas.shopper import OfferedSize, OfferedStyle, OfferRead

_FOLDER = Path(__file__).parent


def offer_page(offer: OfferRead, prefix: str, bucket: str) -> Document:
    """Return the page for a product's offer.

    `prefix` is the app's path in the shop, `bucket` the origins of the bucket, separated by spaces.
    """
    buyable = [size for size in offer.sizes if size.shopify_variant_id]
    fields = {
        "title": escape(offer.title),
        "styles": "".join(_style(style, is_only=len(offer.styles) == 1) for style in offer.styles),
        "sizes": "".join(_size(size) for size in buyable),
        "unless_buyable": "" if buyable else "hidden",
    }
    policy = {
        "img-src": f"blob: {bucket}",
        "connect-src": f"'self' {bucket}",
    }
    return compose_document(
        Page(
            folder=_FOLDER,
            title=f"{offer.title}: make it yours",
            markup="storefront.html",
            style="storefront.css",
            scripts=("kit/client.js", "storefront.js"),
            fields=fields,
            data={"product_id": offer.product_id, "prefix": prefix, "shop": _shop_path(prefix)},
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


def _style(style: OfferedStyle, *, is_only: bool) -> str:
    example = f'<img src="{escape(style.example_url)}" alt="" width="320" height="320">' if style.example_url else ""
    checked = " checked" if is_only else ""
    return (
        f'<label class="style"><input type="radio" name="style" value="{escape(style.id)}" required{checked}>'
        f'<span class="option">{example}<span dir="auto">{escape(style.name)}</span></span></label>'
    )


def _size(size: OfferedSize) -> str:
    number = (size.shopify_variant_id or "").rpartition("/")[2]
    return f'<option value="{escape(number)}">{escape(size.name)}</option>'
