"""Paginates lists as GraphQL connections (https://shopify.dev/docs/api/usage/pagination-graphql)."""

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError

from infra.sandbox.server import Json


def connection(rows: Sequence[Any], first: int | None, after: str | None) -> Json:
    """Return the page after the cursor `after`; the cursor is a list index. Raises as `page` does."""
    return page(rows, first, int(after) + 1 if after else 0, [str(place) for place in range(len(rows))])


def page(rows: Sequence[Any], first: int | None, start: int, all_cursors: Sequence[str]) -> Json:
    """Return the `first` rows from index `start`, each with its cursor. Raises `GraphQLError` if `first` is None."""
    if first is None:
        raise GraphQLError("you must provide one of first or last", extensions={"code": "BAD_REQUEST"})
    nodes, cursors = rows[start : start + first], all_cursors[start : start + first]
    return {
        "nodes": nodes,
        "edges": [{"cursor": each, "node": node} for each, node in zip(cursors, nodes, strict=True)],
        "pageInfo": {
            "hasNextPage": start + first < len(rows),
            "hasPreviousPage": start > 0,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }
