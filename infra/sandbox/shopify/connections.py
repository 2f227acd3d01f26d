"""Pages of a list, as GraphQL connections (https://shopify.dev/docs/api/usage/pagination-graphql)."""

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError

from infra.sandbox.server import Json


def connection(rows: Sequence[Any], first: int | None, after: str | None) -> Json:
    """The page behind the cursor, which is a place in the list."""
    return page(rows, first, int(after) + 1 if after else 0, [str(place) for place in range(len(rows))])


def page(rows: Sequence[Any], first: int | None, start: int, all_cursors: Sequence[str]) -> Json:
    """`first` rows from `start` on; each has a cursor. Raises `GraphQLError` without `first`."""
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
