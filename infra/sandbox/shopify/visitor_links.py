"""State that storefront links keep: the customer, in a cookie of the shop, and the parameters of the page."""

from __future__ import annotations

from collections import defaultdict
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl

from infra.sandbox.server import Request


def customer_of(request: Request) -> str | None:
    """Return the id of the logged-in customer, or None for a guest."""
    cookies = SimpleCookie(request.header("cookie") or "")
    return cookies["customer"].value or None if "customer" in cookies else None


def customer_cookie(shop: str, customer_id: str) -> str:
    """Return the cookie that logs a customer in on all pages of the shop, or logs out if the id is not a number."""
    number = customer_id if customer_id.isdigit() else ""
    return f"customer={number}; Path=/{shop}; HttpOnly; SameSite=Lax"


def with_query(path: str, query: str) -> str:
    """Return the path with the query, if there is one."""
    return f"{path}?{query}" if query else path


def parameters(query: str) -> dict[str, str | list[str]]:
    """Return the parameters of a query; a list for a name that occurs several times, as the app proxy signs them."""
    values = defaultdict[str, list[str]](list)
    for name, value in parse_qsl(query, keep_blank_values=True):
        values[name].append(value)
    return {name: each[0] if len(each) == 1 else each for name, each in values.items()}
