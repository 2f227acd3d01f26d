"""The merchant's console in Shopify's admin: first steps, products, styles, watermark, images and usage.

The page contains no shop's data: it reads and writes with the session token of App Bridge.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chalicelib.integrations.image_models.local_styles import STYLES
from chalicelib.integrations.shopify.app_bridge import Embedding
from chalicelib.kit.web import Document, Page, compose_document

SCRIPTS = (
    "base.js",
    "start.js",
    "products.js",
    "sizes.js",
    "bases.js",
    "styles.js",
    "watermark.js",
    "limits.js",
    "images.js",
    "usage.js",
    "tabs.js",
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The shop's storefront, the origins of the images bucket (separated by spaces), and the image model in use."""

    storefront_url: str
    bucket: str
    image_model: str


def console_page(embedding: Embedding, surroundings: Surroundings) -> Document:
    """Return the console, framed as `embedding` says."""
    is_local = surroundings.image_model == "local"
    return compose_document(
        Page(
            folder=Path(__file__).parent,
            title="Studio",
            markup="console.html",
            style="console.css",
            scripts=("kit/client.js", "kit/elements.js", "kit/charts.js", *SCRIPTS),
            data={"storefront": surroundings.storefront_url, "local_styles": sorted(STYLES) if is_local else []},
            head=embedding.head,
            policy={
                "img-src": f"data: blob: {surroundings.bucket}",
                **embedding.policy,
                "connect-src": f"{embedding.policy['connect-src']} {surroundings.bucket}",
            },
            look="admin",
        )
    )
