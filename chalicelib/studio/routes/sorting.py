"""Pages of short lists in the merchant's order: by sort order, then by age."""

from __future__ import annotations

from typing import TypeVar

from chalicelib.kit import clock
from chalicelib.kit.pagination import PageRequest, PageResult, paginate_sorted
from chalicelib.kit.tables import Table

T = TypeVar("T", bound=Table)


def sorted_page(rows: list[T], page: PageRequest, name: str = "uuid") -> PageResult[T]:
    """Return a page of the rows; `name` is the column that identifies a row."""

    def position(row: T) -> tuple[int, str, str]:
        return getattr(row, "sort_order", 0), clock.iso(row.created_at), getattr(row, name)  # type: ignore[attr-defined]

    return paginate_sorted(rows, page, position)
