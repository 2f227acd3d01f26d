"""The owners' page: stores, their databases, and the rows in them.

The page contains no owner's data: it reads and writes with the session of the browser. Its URL may hold the token of a mail
after `#`, which no server receives.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from chalicelib.kit.web import Document, Page, compose_document

KIT = ("kit/client.js", "kit/session.js", "kit/elements.js", "kit/accounts.js")
SCRIPTS = (
    "session.js",
    "access.js",
    "parts.js",
    "stores.js",
    "databases.js",
    "progress.js",
    "store.js",
    "keys.js",
    "row_forms.js",
    "rows.js",
    "account.js",
    "shell.js",
)


def app_page(notice: str | None) -> Document:
    """Return the page, with a notice for all owners. No other page may frame it."""
    return compose_document(
        Page(
            folder=Path(__file__).parent,
            title="Stores",
            markup="app.html",
            style="app.css",
            scripts=(*KIT, *SCRIPTS),
            fields={
                "notice": f'<div class="banner warn" role="status"><p>{escape(notice)}</p></div>' if notice else ""
            },
            policy={"connect-src": "'self'", "frame-ancestors": "'none'"},
        )
    )
