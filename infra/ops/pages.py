"""Lists of the services, over all of their pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from chalicelib.kit.pagination import PageRequest, PageResult

T = TypeVar("T")
SIZE = 100
"""Rows of a page."""


def iterate_pages(list_page: Callable[[PageRequest], PageResult[T]]) -> Iterator[T]:
    """Yield the items of all pages; `list_page` returns one page."""
    page = list_page(PageRequest(SIZE))
    yield from page.items
    while page.last_key is not None:
        page = list_page(PageRequest(SIZE, page.last_key))
        yield from page.items
