"""Pages of the Admin API's connections.

Source: shopify.dev/docs/api/usage/limits: pages are small, because a query's cost grows with its page sizes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.kit import clock
from chalicelib.shops.service.admin import AdminApi

Node = dict[str, Any]


def fetch_page(
    admin: AdminApi, query: str, name: str, since: datetime, cursor: str | None
) -> tuple[list[Node], str | None]:
    """Return the nodes of one page of a root connection that changed at `since` or later, and the next page's cursor."""
    connection = admin.graphql(query, query=f"updated_at:>='{clock.iso(since)}'", after=cursor)[name]
    page_info = connection["pageInfo"]
    return connection["nodes"], page_info["endCursor"] if page_info["hasNextPage"] else None


def fetch_remaining_nodes(admin: AdminApi, query: str, owner: tuple[str, str], name: str, connection: Node) -> None:
    """Append the nodes after the first page to `connection`, which is `name` of `owner` (type and GID)."""
    kind, gid = owner
    page_info = connection["pageInfo"]
    while page_info["hasNextPage"]:
        node = admin.graphql(query, id=gid, after=page_info["endCursor"])[kind]
        if node is None:
            return  # deleted since the first page was read
        connection["nodes"] += node[name]["nodes"]
        page_info = node[name]["pageInfo"]
