"""Access scopes: what an app asks for, and what of it a shop has not granted.

Source: shopify.dev/docs/api/usage/access-scopes: writing something includes reading it.
"""

from __future__ import annotations


def parse_scopes(text: str | None) -> frozenset[str]:
    """The scopes of a comma-separated list, as tokens and the app's configuration carry it."""
    return frozenset(scope.strip() for scope in (text or "").split(",")) - {""}


def missing_scopes(wanted: str, granted: str | None) -> list[str]:
    """What is wanted and not granted, sorted; both are comma-separated lists."""
    has = parse_scopes(granted)
    implied = {
        scope.replace("write_", "read_", 1) for scope in has if scope.removeprefix("unauthenticated_")[:6] == "write_"
    }
    return sorted(parse_scopes(wanted) - has - implied)
