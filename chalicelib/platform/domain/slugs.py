"""Slugs of stores: the names in their addresses."""

from __future__ import annotations

import re
from datetime import timedelta

MIN_LENGTH = 3
MAX_LENGTH = 63
"""A slug is a DNS label (RFC 1035, 2.3.4)."""
FREED_AFTER = timedelta(days=90)
"""How long a former slug is reserved: links and bookmarks still point to the store that had it."""
RESERVED = frozenset(
    [
        *("account", "accounts", "admin", "administrator", "api", "app", "assets", "auth", "autoconfig", "backroom"),
        *(
            "billing",
            "blog",
            "cdn",
            "console",
            "dashboard",
            "docs",
            "ftp",
            "health",
            "help",
            "imap",
            "kit",
            "localhost",
        ),
        *("login", "mail", "operator", "platform", "pop", "postmaster", "proxy", "public", "ready", "root", "security"),
        *("shared", "signup", "smtp", "staff", "static", "status", "store", "stores", "support", "system", "test"),
        *("together", "webhooks", "webmaster", "www"),
    ]
)
"""Names of our own paths, and those that RFC 2142 and browsers give a meaning."""
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def deleted_slug(store_id: str) -> str:
    """Return the slug of a store that was deleted and whose row is about to be erased."""
    return f"deleted-{store_id}"


def rejection_reason(slug: str) -> str | None:
    """Return why a text cannot be a slug; None if it can."""
    if not MIN_LENGTH <= len(slug) <= MAX_LENGTH:
        return f"must have {MIN_LENGTH} to {MAX_LENGTH} characters"
    if not _SLUG.fullmatch(slug):
        return "must be of a to z and 0 to 9, with single hyphens between them"
    if slug in RESERVED:
        return "is reserved; choose another"
    return None
