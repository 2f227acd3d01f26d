"""Lists a page at a time: what a repository is asked for and gives, and the signed cursor between two requests."""

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
    """How many rows at most, after which key (`None`: from the start); `query` is what its cursors are of use with."""

    limit: int = 50
    start: dict[str, Any] | None = None
    query: str = ""

    def cursor(self, last_key: dict[str, Any] | None) -> str | None:
        """The cursor of the page after this one, which ended at `last_key`."""
        return encode(last_key, self.query)


@dataclass(frozen=True, slots=True)
class PageResult(Generic[T]):
    """One page of rows and the key to go on from; `None` at the end."""

    items: list[T]
    last_key: dict[str, Any] | None = None

    def map(self, shape: Callable[[T], R]) -> PageResult[R]:
        """The same page with each item reshaped."""
        return PageResult([shape(item) for item in self.items], self.last_key)


def query_page(rows: ResultIterator[M]) -> PageResult[M]:
    """Drain a PynamoDB query that was given the page's limit and start."""
    return PageResult(list(rows), rows.last_evaluated_key)


def paginate_sorted(rows: list[T], page: PageRequest, key: Callable[[T], Sequence[int | str]]) -> PageResult[T]:
    """The page of a list that is short enough to be read and sorted whole; `key` orders it and tells its rows apart."""
    after = page.start["after"] if page.start else None
    left = sorted((row for row in rows if after is None or list(key(row)) > after), key=lambda row: list(key(row)))
    taken = left[: page.limit]
    return PageResult(taken, {"after": list(key(taken[-1]))} if len(left) > len(taken) else None)


def encode(last_key: dict[str, Any] | None, bound_to: str) -> str | None:
    """The cursor for the page after `last_key`, of use only with the query it came from."""
    if last_key is None:
        return None
    return signing.sign("cursor", json.dumps([signing.digest(bound_to.encode()), last_key]).encode())


def decode(cursor: str | None, bound_to: str) -> dict[str, Any] | None:
    """The key a cursor stands for. Raises InvalidInput for one that is forged or of another query."""
    if cursor is None:
        return None
    data = signing.verify("cursor", cursor)
    if data is not None:
        origin, last_key = json.loads(data)
        if origin == signing.digest(bound_to.encode()):
            return dict(last_key)
    message = "not a cursor of this list"
    raise InvalidInput(f"query.cursor: {message}", errors=[{"path": "query.cursor", "message": message}])
