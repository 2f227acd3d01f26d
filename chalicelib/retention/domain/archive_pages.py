"""A slice: the expired rows that one step of a segment handles. Pure: how they become files, and where a segment stands.

An item is what DynamoDB's API gives, `{"shop": {"S": "a.myshopify.com"}, "total": {"N": "3"}}`.
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
"""The column that holds the whole item as JSON, exactly: what is deleted, and what could be restored, is told by it."""


@dataclass(frozen=True, slots=True)
class Expired:
    """A row whose time is over, and the moment that counts for it."""

    item: Item
    moment: datetime


@dataclass(frozen=True, slots=True)
class SegmentCursor:
    """Where a segment stands: the page to do next, the key after which it starts.

    `announced`: the files of the page are decided on (their manifests exist), and nothing but those is to be done.
    """

    page: int = 0
    after: Item | None = None
    announced: bool = False

    def announce(self) -> SegmentCursor:
        """The place once the page's files are decided on."""
        return replace(self, announced=True)

    def next(self, after: Item | None) -> SegmentCursor:
        """The place once this page is done."""
        return SegmentCursor(self.page + 1, after)


def by_month(rows: Iterable[Expired]) -> dict[Month, list[Expired]]:
    """The rows by year and month (UTC) of the moment that counts, oldest month first, in order inside a month."""
    months: dict[Month, list[Expired]] = {}
    for row in rows:
        months.setdefault((row.moment.year, row.moment.month), []).append(row)
    return dict(sorted(months.items()))


def batched_by_size(things: Iterable[T], item: Callable[[T], Item], most: int, size: int) -> Iterator[list[T]]:
    """The things in batches of at most so many, whose items have about `size` bytes at most, or of one."""
    batch: list[T] = []
    held = 0
    for thing in things:
        weight = sum(len(str(value)) for value in item(thing).values())
        if batch and (len(batch) == most or held + weight > size):
            yield batch
            batch, held = [], 0
        batch.append(thing)
        held += weight
    if batch:
        yield batch


def run_id(due: datetime) -> str:
    """The name of the run that is due at a moment (UTC, whole seconds): sorts by time."""
    return due.strftime("%Y%m%dT%H%M%SZ")


def page_id(run: str, segment: int, page: int) -> str:
    """What the ids of a page's manifests start with."""
    return f"{run}-{segment:02d}-{page:06d}-"


def archive_id(run: str, segment: int, page: int, month: Month) -> str:
    """The id of one file of a page."""
    return f"{page_id(run, segment, page)}{month[0]:04d}{month[1]:02d}"


def s3_key(rule: str, run: str, segment: int, page: int, month: Month) -> str:
    """Where one file of a page lies; the same at every attempt."""
    name = page_id(run, segment, page).removesuffix("-")
    return f"archive/{rule}/year={month[0]:04d}/month={month[1]:02d}/{name}.parquet"


def encode(item: Item) -> str:
    """The item as JSON, binaries in base64 as DynamoDB itself writes them; equal items give equal text."""
    return json.dumps(item, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_base64)


def decode(text: str) -> Item:
    """The inverse of `encode`."""
    return {name: _decoded(value) for name, value in json.loads(text).items()}


def _base64(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else sorted(value)


def _decoded(value: dict[str, Any]) -> dict[str, Any]:
    [(kind, content)] = value.items()
    made: dict[str, Callable[[Any], Any]] = {
        "B": base64.b64decode,
        "BS": lambda members: [base64.b64decode(member) for member in members],
        "L": lambda members: [_decoded(member) for member in members],
        "M": lambda members: {name: _decoded(member) for name, member in members.items()},
    }
    return {kind: made[kind](content)} if kind in made else value


def cells(item: Item) -> dict[str, str | None]:
    """The item as a flat row of texts; lists and nested values become JSON."""
    return {name: _cell(value) for name, value in item.items()} | {ITEM: encode(item)}


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
