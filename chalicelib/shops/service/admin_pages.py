"""Pages of the Admin API's connections.

Source: shopify.dev/docs/api/usage/limits: pages are small, because a query's cost grows with its page sizes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.kit import clock
from chalicelib.shops.service.admin import AdminApi

Node = dict[str, Any]


def read_page(connection: Any) -> tuple[list[Node], str | None]:
    """Return the nodes of a connection's page and the next page's cursor. A connection that is null has no nodes."""
    page = connection if isinstance(connection, dict) else {}
    page_info = page.get("pageInfo") or {}
    nodes = [node for node in page.get("nodes") or [] if isinstance(node, dict)]
    return nodes, (page_info.get("endCursor") or None) if page_info.get("hasNextPage") else None


def fetch_page(
    admin: AdminApi, query: str, name: str, since: datetime, cursor: str | None
) -> tuple[list[Node], str | None]:
    """Return the nodes of one page of a root connection that changed at `since` or later, and the next page's cursor."""
    return read_page(admin.graphql(query, query=f"updated_at:>='{clock.iso(since)}'", after=cursor).get(name))


def fetch_nodes(admin: AdminApi, query: str, owner: tuple[str, str], name: str, first_page: Any) -> list[Node]:
    """Return the nodes of all pages of the connection `name` of `owner` (type and GID)."""
    kind, gid = owner
    nodes, cursor = read_page(first_page)
    while cursor:
        node = admin.graphql(query, id=gid, after=cursor).get(kind)
        if node is None:
            break  # deleted since the first page was read
        more, cursor = read_page(node.get(name))
        nodes += more
    return nodes
