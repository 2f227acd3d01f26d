"""Scan a whole table page by page. For operator commands only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from chalicelib.kit import aws
from chalicelib.kit.tables import Table

R = TypeVar("R", bound=Table)

PAGE_ROWS = 100


@dataclass(frozen=True, slots=True)
class ScannedPage(Generic[R]):
    """The rows of a page, the number of rows scanned for them, and the key to resume from (None: last page)."""

    rows: list[R]
    scanned: int
    last_key: dict[str, Any] | None


def pages(
    model: type[R],
    after: dict[str, Any] | None = None,
    *,
    columns: Sequence[str] | None = None,
    condition: Any = None,
) -> Iterator[ScannedPage[R]]:
    """Yield pages of the rows that meet `condition`, read consistently, with `columns` only (None: all)."""
    found = model.scan(
        filter_condition=condition,
        attributes_to_get=list(columns) if columns else None,
        page_size=PAGE_ROWS,
        last_evaluated_key=after,
        consistent_read=True,
    ).page_iter
    for page in found:
        rows = [model.from_raw_data(item) for item in page["Items"]]
        yield ScannedPage(rows, page["ScannedCount"], found.last_evaluated_key)


def row_count(model: type[Table]) -> int:
    """Return the approximate number of rows; DynamoDB updates it every six hours."""
    return int(aws.client("dynamodb").describe_table(TableName=model.Meta.table_name)["Table"]["ItemCount"])
