"""Lists in the merchant's order: by place, then by age."""

from __future__ import annotations

from typing import TypeVar

from chalicelib.kit import clock
from chalicelib.kit.pagination import PageRequest, PageResult, paginate_sorted
from chalicelib.kit.tables import Table

T = TypeVar("T", bound=Table)


def sorted_page(rows: list[T], page: PageRequest, name: str = "uuid") -> PageResult[T]:
    """A page of rows, which `name` tells apart."""

    def place(row: T) -> tuple[int, str, str]:
        return getattr(row, "sort_order", 0), clock.iso(row.created_at), getattr(row, name)  # type: ignore[attr-defined]

    return paginate_sorted(rows, page, place)
