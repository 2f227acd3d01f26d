"""The owners' page: stores, their databases, and the rows in them.

The page contains no owner's data: it reads and writes with the session of the browser. Its URL may hold the token of a mail
after `#`, which no server receives.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from chalicelib.kit.web import Document, Page, compose_document

KIT = ("kit/client.js", "kit/session.js", "kit/elements.js", "kit/charts.js", "kit/accounts.js")
SCRIPTS = (
    "session.js",
    "access.js",
    "parts.js",
    "stores.js",
    "databases.js",
    "progress.js",
    "figures.js",
    "storages.js",
    "deletion.js",
    "store.js",
    "backups.js",
    "moves.js",
    "takeovers.js",
    "csv_files.js",
    "imports.js",
    "keys.js",
    "row_forms.js",
    "rows.js",
    "account.js",
    "shell.js",
)


def app_page(bucket: str, notice: str | None) -> Document:
    """Return the page, with a notice for all owners. No other page may frame it.

    It sends CSV files to the bucket and reads reports there: `bucket` has its origins, separated by spaces.
    """
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
            policy={"connect-src": f"'self' {bucket}", "frame-ancestors": "'none'"},
        )
    )
