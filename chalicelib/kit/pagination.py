"""Pagination: the requested page, a page of results, and the signed cursor between two requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pynamodb.models import Model
from pynamodb.pagination import ResultIterator

from chalicelib.kit import signing
from chalicelib.kit.errors import InvalidInput

T = TypeVar("T")
R = TypeVar("R")
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A requested page: at most `limit` rows after the key `start` (None: from the start). Cursors are bound to `query`."""

    limit: int = 50
    start: dict[str, Any] | None = None
    query: str = ""

    def cursor(self, last_key: dict[str, Any] | None) -> str | None:
        """Return the cursor of the next page, after `last_key`; None at the end."""
        return encode(last_key, self.query)


@dataclass(frozen=True, slots=True)
class PageResult(Generic[T]):
    """One page of rows, and the last key that was read; None at the end."""

    items: list[T]
    last_key: dict[str, Any] | None = None

    def map(self, shape: Callable[[T], R]) -> PageResult[R]:
        """Return the page with `shape` applied to each item."""
        return PageResult([shape(item) for item in self.items], self.last_key)


def query_page(rows: ResultIterator[M]) -> PageResult[M]:
    """Read one page from a PynamoDB query that has the page's limit and start key."""
    return PageResult(list(rows), rows.last_evaluated_key)


def paginate_sorted(rows: list[T], page: PageRequest, key: Callable[[T], Sequence[int | str]]) -> PageResult[T]:
    """Return a page of a list that is short enough to sort in memory; `key` must be unique per row."""
    after = page.start["after"] if page.start else None
    remaining = sorted((row for row in rows if after is None or list(key(row)) > after), key=lambda row: list(key(row)))
    items = remaining[: page.limit]
    return PageResult(items, {"after": list(key(items[-1]))} if len(remaining) > len(items) else None)


def paginate_in_order(rows: Sequence[T], page: PageRequest, name: Callable[[T], str]) -> PageResult[T]:
    """Return a page of a short list that keeps its order; `name` must be unique per row.

    If the last row of the page before was removed, the page continues at its place.
    """
    start = 0
    if page.start:
        names, after = [name(row) for row in rows], page.start["after"]
        start = names.index(after) + 1 if after in names else int(page.start["place"])
    items = list(rows[start : start + page.limit])
    end = start + len(items)
    return PageResult(items, {"after": name(items[-1]), "place": end - 1} if end < len(rows) else None)


def encode(last_key: dict[str, Any] | None, bound_to: str) -> str | None:
    """Return the signed cursor for the page after `last_key`, valid only with `bound_to`; None without a key."""
    if last_key is None:
        return None
    return signing.sign("cursor", json.dumps([signing.digest(bound_to.encode()), last_key]).encode())


def decode(cursor: str | None, bound_to: str) -> dict[str, Any] | None:
    """Return the key in a cursor. Raises InvalidInput if the cursor is forged or belongs to another query."""
    if cursor is None:
        return None
    data = signing.verify("cursor", cursor)
    if data is not None:
        origin, last_key = json.loads(data)
        if origin == signing.digest(bound_to.encode()):
            return dict(last_key)
    message = "not a cursor of this list"
    raise InvalidInput(f"query.cursor: {message}", errors=[{"path": "query.cursor", "message": message}])
