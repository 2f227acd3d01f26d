"""The merchant's watermark page in Shopify's admin: each change is shown on a preview that the server renders.

The page contains no shop's data: it reads and writes with the session token of App Bridge.
"""

from __future__ import annotations

from pathlib import Path

from chalicelib.integrations.shopify.app_bridge import Embedding
from chalicelib.kit.web import Document, Page, compose_document
from chalicelib.studio.domain.watermark import Position

_NAMES = {
    Position.TOP_LEFT: "Top left",
    Position.TOP_RIGHT: "Top right",
    Position.CENTER: "Centre",
    Position.BOTTOM_LEFT: "Bottom left",
    Position.BOTTOM_RIGHT: "Bottom right",
}


def settings_page(embedding: Embedding) -> Document:
    """Return the page, framed as `embedding` says."""
    return compose_document(
        Page(
            folder=Path(__file__).parent,
            title="Watermark",
            markup="watermark.html",
            style="watermark.css",
            scripts=("watermark.js",),
            fields={"positions": "\n".join(_position_input(position, name) for position, name in _NAMES.items())},
            head=embedding.head,
            policy={"img-src": "data:", **embedding.policy},
            look="admin",
        )
    )


def _position_input(position: Position, name: str) -> str:
    checked = " checked" if position is Position.BOTTOM_RIGHT else ""
    return f'<label class="choice"><input type="radio" name="position" value="{position.value}"{checked}>{name}</label>'
