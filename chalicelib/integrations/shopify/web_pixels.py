"""The app's web pixel in a shop: Shopify loads the extension only after it was activated there.

Source: shopify.dev/docs/api/admin-graphql, 2026-10 (webPixel, webPixelCreate, webPixelUpdate).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

_CREATE = """mutation($settings: JSON!) {
  webPixelCreate(webPixel: {settings: $settings}) { userErrors { code message } }
}"""
_READ = "query { webPixel { id settings } }"
_UPDATE = """mutation($id: ID!, $settings: JSON!) {
  webPixelUpdate(id: $id, webPixel: {settings: $settings}) { userErrors { code message } }
}"""


class WebPixelRefused(Exception):
    """Shopify refused the settings of the pixel; the text is its code and message."""


def activate(graphql: Callable[..., dict[str, Any]], settings: Mapping[str, str]) -> None:
    """Activate the app's pixel with these settings, or set them if it is active. Raises WebPixelRefused."""
    text = json.dumps(settings)
    errors = graphql(_CREATE, settings=text)["webPixelCreate"]["userErrors"]
    if [error["code"] for error in errors] == ["TAKEN"]:
        pixel = graphql(_READ)["webPixel"]
        if _parsed(pixel["settings"]) == dict(settings):
            return
        errors = graphql(_UPDATE, id=pixel["id"], settings=text)["webPixelUpdate"]["userErrors"]
    if errors:
        raise WebPixelRefused(f"{errors[0]['code']}: {errors[0]['message']}")


def _parsed(settings: Any) -> Any:
    """Return the settings, which Shopify gives as JSON or as its text."""
    return json.loads(settings) if isinstance(settings, str) else settings
