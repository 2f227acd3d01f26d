"""Filters, sorts and paginates lists (https://shopify.dev/docs/api/usage/search-syntax).

As at Shopify, a cursor holds the sort value and id of the last row. A row that changes between two pages moves behind
the cursor, so no row is skipped.
"""

import base64
import json
import operator
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError

from infra.sandbox.server import Json
from infra.sandbox.shopify.connections import page

MOMENTS = ("created_at", "processed_at", "updated_at")
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
TERM = re.compile(r"""(?P<field>\w+):(?P<comparison>[<>]=?|)(?P<value>'[^']*'|"[^"]*"|\S+)""")


def search(
    rows: Iterable[Json],
    show: Callable[[Json], Json],
    *,
    first: int | None,
    after: str | None,
    query: str | None,
    sort_key: str,
    reverse: bool,
) -> Json:
    """Return a connection of the matching rows, mapped by `show`; a row's `payload` has the REST shape.

    `query` joins comparisons of timestamps by `AND` or blanks. Raises `GraphQLError` if the sandbox does not implement
    a term; Shopify ignores unknown terms.
    """
    tests = _parse(query or "")

    def place(row: Json) -> tuple[Any, int]:
        return row["payload"][sort_key.lower()], row["payload"]["id"]

    found = sorted((row for row in rows if all(test(row["payload"]) for test in tests)), key=place, reverse=reverse)
    start = 0
    if after:
        last = json.loads(base64.b64decode(after))
        behind = operator.lt if reverse else operator.gt
        start = sum(not behind(place(row), (last["last_value"], last["last_id"])) for row in found)
    return page([show(row) for row in found], first, start, [_cursor(*place(row)) for row in found])


def _cursor(value: Any, row_id: int) -> str:
    return base64.b64encode(json.dumps({"last_id": row_id, "last_value": value}).encode()).decode()


def _parse(query: str) -> list[Callable[[Json], bool]]:
    unread = TERM.sub("", query).replace("AND", "").strip()
    terms = list(TERM.finditer(query))
    unknown = [unread] if unread else [term["field"] for term in terms if term["field"] not in MOMENTS]
    if unknown:
        raise GraphQLError(f"the sandbox does not implement the search term {unknown[0]}")
    return [_test(term["field"], term["comparison"], term["value"].strip("'\"")) for term in terms]


def _test(field: str, comparison: str, value: str) -> Callable[[Json], bool]:
    try:
        limit = datetime.fromisoformat(value)
    except ValueError as error:
        raise GraphQLError(f"{value} is not a date and time") from error
    limit = limit if limit.tzinfo else limit.replace(tzinfo=UTC)
    return lambda payload: COMPARISONS[comparison](datetime.fromisoformat(payload[field]), limit)
