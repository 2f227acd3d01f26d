"""`/kit/web`: a page with every component in every state."""

from __future__ import annotations

from chalicelib.kit.web.document import KIT, Document, Page, compose_document


def gallery_page() -> Document:
    """Return the page of components."""
    return compose_document(
        Page(
            folder=KIT,
            title="Components",
            markup="gallery.html",
            scripts=("kit/client.js", "kit/elements.js", "kit/charts.js", "gallery.js"),
            policy={"img-src": "data:", "connect-src": "'self'"},
        )
    )
