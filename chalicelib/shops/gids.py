"""Shopify's global ids: webhooks and proxies carry numbers, we keep `gid://shopify/<Kind>/<number>`."""

from __future__ import annotations


def gid(kind: str, number: int | str) -> str:
    """The global id of the `kind` (`Order`, `LineItem`, …) with this number. Raises ValueError where it is none."""
    return f"gid://shopify/{kind}/{int(number)}"


def gid_or_none(kind: str, number: int | str | None) -> str | None:
    """As `gid`; None for no number (null or empty: a guest, a custom line)."""
    return None if number in (None, "") else gid(kind, number)


def number_of(gid: str) -> int:
    """The number in a global id. Raises ValueError where there is none."""
    return int(gid.rpartition("/")[2])
