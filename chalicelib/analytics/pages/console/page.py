"""The analytics page: a tab for each kind of answer about a site, and revenue.

The page contains no site's data: it reads and writes with the token that an operator or a store's owner pastes.
"""

from __future__ import annotations

from pathlib import Path

from chalicelib.kit.web import Document, Page, compose_document

SCRIPTS = (
    "session.js",
    "answers.js",
    "site.js",
    "traffic.js",
    "features.js",
    "funnels.js",
    "retention.js",
    "cohorts.js",
    "campaigns.js",
    "experiments.js",
    "errors.js",
    "revenue.js",
    "tabs.js",
)


def analytics_page(snippet_url: str) -> Document:
    """Return the page, which offers the snippet at this address. No other page may frame it."""
    return compose_document(
        Page(
            folder=Path(__file__).parent,
            title="Analytics",
            markup="console.html",
            style="console.css",
            scripts=("kit/client.js", "kit/elements.js", "kit/charts.js", *SCRIPTS),
            data={"snippet": snippet_url},
            policy={"connect-src": "'self'", "frame-ancestors": "'none'"},
        )
    )
