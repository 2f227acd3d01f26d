"""Shopify's global ids, `gid://shopify/<Kind>/<number>`. Webhooks and app proxy queries contain only the number."""

from __future__ import annotations


def gid(kind: str, number: int | str) -> str:
    """Return the global id of the `kind` (`Order`, `LineItem`, …) and number. Raises ValueError if it is no number."""
    return f"gid://shopify/{kind}/{int(number)}"


def gid_or_none(kind: str, number: int | str | None) -> str | None:
    """Return the global id, or None if the number is null or empty (a guest, a custom line). Raises ValueError."""
    return None if number in (None, "") else gid(kind, number)


def number_of(gid: str) -> int:
    """Return the number in a global id. Raises ValueError if it has none."""
    return int(gid.rpartition("/")[2])
