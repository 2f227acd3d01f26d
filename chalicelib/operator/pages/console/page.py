"""The operator's console, with a tab for each kind of work.

Tabs: shops, deliveries, Stripe events, dead letters, generations, retention, privacy, sizes; perks, partners and
bookings of the couples app; stores with their jobs, migrations, revenue and performance, and the audit log. The page contains no data: it reads and writes with the token of the signed-in account.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chalicelib.kit.web import Document, Page, compose_document

KIT = ("kit/client.js", "kit/session.js", "kit/elements.js", "kit/charts.js", "kit/accounts.js")
SCRIPTS = (
    "session.js",
    "lists.js",
    "shops.js",
    "deliveries.js",
    "stripe.js",
    "dead_letters.js",
    "generations.js",
    "retention.js",
    "privacy.js",
    "sizes.js",
    "together.js",
    "stores.js",
    "store.js",
    "jobs.js",
    "backups.js",
    "migrations.js",
    "revenue.js",
    "performance.js",
    "audit.js",
    "tabs.js",
)


def console_page(apps: Sequence[str]) -> Document:
    """Return the console for these apps, by handle. No other page may frame it."""
    return compose_document(
        Page(
            folder=Path(__file__).parent,
            title="Operator's console",
            markup="console.html",
            style="console.css",
            scripts=(*KIT, *SCRIPTS),
            data={"apps": list(apps)},
            policy={"connect-src": "'self'", "frame-ancestors": "'none'"},
        )
    )
