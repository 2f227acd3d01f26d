"""The merchant's pages in Shopify's admin: overview, discounts, advice.

They contain no shop's data: they read and write with the session token of App Bridge.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from chalicelib.integrations.shopify.app_bridge import Embedding
from chalicelib.kit.web import Document, Page, compose_document


class Screen(StrEnum):
    """A page of the app, by the end of its path."""

    OVERVIEW = "app"
    DISCOUNTS = "app/discounts"
    ADVICE = "app/advice"


_TITLES = {Screen.OVERVIEW: "Overview", Screen.DISCOUNTS: "Discounts", Screen.ADVICE: "Advice"}
_SCRIPTS = {
    Screen.OVERVIEW: ("figures.js", "stores.js", "exports.js", "overview.js"),
    Screen.DISCOUNTS: ("terms.js", "preview.js", "discounts.js"),
    Screen.ADVICE: ("terms.js", "competitors.js", "tests.js", "advice.js"),
}


def console_page(screen: Screen, embedding: Embedding) -> Document:
    """Return a page of the app, framed as `embedding` says."""
    root = "../" * screen.count("/")
    links = [{"title": _TITLES[each], "href": f"{root}{each}", "is_here": each is screen} for each in Screen]
    return compose_document(
        Page(
            folder=Path(__file__).parent,
            title=_TITLES[screen],
            markup="console.html",
            style="console.css",
            scripts=("kit/client.js", "kit/elements.js", "kit/charts.js", "base.js", *_SCRIPTS[screen]),
            data={"api": f"{root}../v1/", "links": links},
            head=embedding.head,
            policy={"img-src": "data:", **embedding.policy},
            look="admin",
        )
    )
