"""Archive pages: the expired rows that one step of a segment archives or deletes. Pure.

Items have the format of the DynamoDB API: `{"shop": {"S": "a.myshopify.com"}, "total": {"N": "3"}}`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

T = TypeVar("T")
Item = dict[str, dict[str, Any]]
Month = tuple[int, int]
"""Year and month."""

ITEM = "dynamodb_item"
"""The column with the whole item as JSON. Deletes and restores use it, because it is exact."""
_ADDRESS = "_address"


@dataclass(frozen=True, slots=True)
class ExpiredRow:
    """An expired row and the time from which its lifetime counts."""

    item: Item
    moment: datetime


@dataclass(frozen=True, slots=True)
class SegmentCursor:
    """The progress of a segment: the next page, and the key after which it starts.

    `announced`: the manifests of the page's files exist; the page consists of these files and of nothing else.
    """

    page: int = 0
    after: Item | None = None
    announced: bool = False

    def announce(self) -> SegmentCursor:
        """Return the cursor after the page's files are announced."""
        return replace(self, announced=True)

    def next(self, after: Item | None) -> SegmentCursor:
        """Return the cursor of the next page, which starts after this key."""
        return SegmentCursor(self.page + 1, after)


@dataclass(frozen=True, slots=True)
class SegmentMove:
    """A segment's move from the cursor `old` to `new` (None: the segment is completed)."""

    segment: int
    old: SegmentCursor
    new: SegmentCursor | None


@dataclass(frozen=True, slots=True)
class SegmentScan:
    """The scan of one of `segments` parts of a table for rows that are expired at the cut-off, from a key on."""

    cut_off: datetime
    segment: int
    segments: int
    after: Item | None = None


def by_month(rows: Iterable[ExpiredRow]) -> dict[Month, list[ExpiredRow]]:
    """Group rows by year and month (UTC) of their time, oldest month first; keep the order within a month."""
    months: dict[Month, list[ExpiredRow]] = {}
    for row in rows:
        months.setdefault((row.moment.year, row.moment.month), []).append(row)
    return dict(sorted(months.items()))


def batched_by_size(
    values: Iterable[T], item_of: Callable[[T], Item], max_count: int, max_bytes: int
) -> Iterator[list[T]]:
    """Yield batches of at most `max_count` values and about `max_bytes`; a larger value is a batch of one."""
    batch: list[T] = []
    batch_bytes = 0
    for value in values:
        size = sum(len(str(content)) for content in item_of(value).values())
        if batch and (len(batch) == max_count or batch_bytes + size > max_bytes):
            yield batch
            batch, batch_bytes = [], 0
        batch.append(value)
        batch_bytes += size
    if batch:
        yield batch


def object_address(item: Item, column: str) -> str | None:
    """Return the S3 address in a column, as text or as JSON; None for other content."""
    text = str(item.get(column, {}).get("S", "")).strip('"')
    return text if text.startswith("s3://") else None


def with_object(item: Item, column: str, text: str) -> Item:
    """Return the item with an object's text in place of its address, which moves to `<column>_address`."""
    return {**item, column: {"S": text}, column + _ADDRESS: item[column]}


def without_objects(item: Item, columns: Iterable[str]) -> Item:
    """Return the item as it was before `with_object`."""
    addresses = {column: item[column + _ADDRESS] for column in columns if column + _ADDRESS in item}
    added = {column + _ADDRESS for column in addresses}
    return {name: value for name, value in item.items() if name not in added} | addresses


def run_id(due: datetime) -> str:
    """Return the id of the run that is due at a time (UTC, whole seconds); ids sort by time."""
    return due.strftime("%Y%m%dT%H%M%SZ")


def page_id(run: str, segment: int, page: int) -> str:
    """Return the prefix of the ids of a page's manifests."""
    return f"{run}-{segment:02d}-{page:06d}-"


def archive_id(run: str, segment: int, page: int, month: Month) -> str:
    """Return the id of one file of a page."""
    return f"{page_id(run, segment, page)}{month[0]:04d}{month[1]:02d}"


def s3_key(rule: str, run: str, segment: int, page: int, month: Month) -> str:
    """Return the S3 key of one file of a page; every attempt uses the same key."""
    name = page_id(run, segment, page).removesuffix("-")
    return f"archive/{rule}/year={month[0]:04d}/month={month[1]:02d}/{name}.parquet"


def encode_item(item: Item) -> str:
    """Return the item as JSON, with binaries in base64 as in DynamoDB's JSON. Equal items give equal text."""
    return json.dumps(item, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_base64)


def decode_item(text: str) -> Item:
    """Parse an item from the result of `encode_item`."""
    return {name: _decode_value(value) for name, value in json.loads(text).items()}


def _base64(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else sorted(value)


def _decode_value(value: dict[str, Any]) -> dict[str, Any]:
    [(kind, content)] = value.items()
    decoders: dict[str, Callable[[Any], Any]] = {
        "B": base64.b64decode,
        "BS": lambda members: [base64.b64decode(member) for member in members],
        "L": lambda members: [_decode_value(member) for member in members],
        "M": lambda members: {name: _decode_value(member) for name, member in members.items()},
    }
    return {kind: decoders[kind](content)} if kind in decoders else value


def cells(item: Item) -> dict[str, str | None]:
    """Return the item as a flat row of texts, with lists and nested values as JSON, and the exact item in ITEM."""
    return {name: _cell(value) for name, value in item.items()} | {ITEM: encode_item(item)}


def _cell(value: dict[str, Any]) -> str | None:
    [(kind, content)] = value.items()
    if kind in ("S", "N"):
        return str(content)
    if kind == "BOOL":
        return "true" if content else "false"
    if kind == "NULL":
        return None
    if kind == "L" and all(list(member) == ["S"] for member in content):
        content = [member["S"] for member in content]
    return json.dumps(content, sort_keys=True, ensure_ascii=False, default=_base64)
