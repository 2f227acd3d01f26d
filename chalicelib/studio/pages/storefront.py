"""The page on which shoppers make an image of their photo: no framework, nothing fetched from elsewhere.

It talks to the shop's own address only, under the app proxy's path, where Shopify signs each call on its way to us,
and to the bucket that takes the photo and has the pictures.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from chalicelib.studio.pages.document import Document, compose
from chalicelib.studio.schemas.shopper import OfferedSize, OfferedStyle, OfferRead


def offering(offer: OfferRead, prefix: str, bucket: str) -> Document:
    """The page for what is offered on a product.

    `prefix` is the app's path in the shop, `bucket` the origins of the bucket, separated by spaces.
    """
    buyable = [size for size in offer.sizes if size.shopify_variant_id]
    fields = {
        "title": escape(offer.title),
        "styles": "".join(_style(style, is_only=len(offer.styles) == 1) for style in offer.styles),
        "sizes": "".join(_size(size) for size in buyable),
        "unless_buyable": "" if buyable else "hidden",
        "page": _json({"product_id": offer.product_id, "prefix": prefix, "shop": _shop_path(prefix)}),
    }
    policy = {
        "img-src": f"blob: {bucket}",
        "connect-src": f"'self' {bucket}",
        "frame-ancestors": "'self'",
    }
    return compose("storefront.html", "storefront.css", "storefront.js", fields, policy)


def nothing_offered(prefix: str) -> Document:
    """The page for a product on which nothing can be made, or that is not there."""
    fields = {"shop": escape(_shop_path(prefix) or "/")}
    return compose("nothing.html", "storefront.css", None, fields, {"frame-ancestors": "'self'"}, status=404)


def _shop_path(prefix: str) -> str:
    """What comes before the app's path, `/apps/studio`: nothing, or where the shop has its cart, too."""
    return "/".join(prefix.split("/")[:-2])


def _style(style: OfferedStyle, *, is_only: bool) -> str:
    example = f'<img src="{escape(style.example_url)}" alt="" width="320" height="320">' if style.example_url else ""
    checked = " checked" if is_only else ""
    return (
        f'<label class="style"><input type="radio" name="style" value="{escape(style.id)}" required{checked}>'
        f'<span class="card">{example}<span>{escape(style.name)}</span></span></label>'
    )


def _size(size: OfferedSize) -> str:
    number = (size.shopify_variant_id or "").rpartition("/")[2]
    return f'<option value="{escape(number)}">{escape(size.name)}</option>'


def _json(value: Any) -> str:
    """JSON that cannot end the element it stands in."""
    return json.dumps(value).replace("<", "\\u003c")
