"""Access scopes: parsing, and comparison of required with granted scopes.

Source: shopify.dev/docs/api/usage/access-scopes: a write scope includes its read scope.
"""

from __future__ import annotations


def parse_scopes(text: str | None) -> frozenset[str]:
    """Return the scopes of a comma-separated list."""
    return frozenset(scope.strip() for scope in (text or "").split(",")) - {""}


def missing_scopes(required: str, granted: str | None) -> list[str]:
    """Return the required scopes that are not granted, sorted. Both parameters are comma-separated lists."""
    granted_scopes = parse_scopes(granted)
    implied = {
        scope.replace("write_", "read_", 1)
        for scope in granted_scopes
        if scope.removeprefix("unauthenticated_")[:6] == "write_"
    }
    return sorted(parse_scopes(required) - granted_scopes - implied)
