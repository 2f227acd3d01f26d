"""Queries of operators: shops of an app, events of a time range, sessions, table sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.kit import aws, clock, tables
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.shops.models import InstallationLog, Session, Shop


@dataclass(frozen=True, slots=True)
class TableSize:
    """A table with its number of rows and their size in bytes."""

    table: str
    rows: int
    bytes: int


def iterate_active(app: str, until: datetime) -> Iterator[Shop]:
    """Yield the shops with an active installation from before `until`, oldest first, page by page.

    A shop that reinstalls while the query runs gets a later installation time; without `until` it would appear twice.
    """
    yield from Shop.by_active_app.query(app, Shop.installed_at < until, page_size=200)


def iterate_events(app: str, start: datetime, end: datetime) -> Iterator[InstallationLog]:
    """Yield the app's installs and uninstalls from `start` to before `end`, oldest first; only event type and time."""
    last = end - datetime.resolution
    in_range = InstallationLog.created_at.between(start, last)
    yield from InstallationLog.by_app.query(app, in_range, attributes_to_get=["created_at", "event_type"])


def list_sessions(shop: str, page: PageRequest) -> PageResult[Session]:
    """Return a page of the shop's unexpired sessions of all apps, by app."""
    is_open = Session.expires.does_not_exist() | (Session.expires > clock.now())
    rows = Session.by_shop.query(shop, filter_condition=is_open, limit=page.limit, last_evaluated_key=page.start)
    return query_page(rows)


def table_names() -> list[str]:
    """Return the name of every table whose model is imported, sorted."""
    return [str(model.Meta.table_name) for model in tables.loaded()]


def read_size(name: str) -> TableSize:
    """Return the size of a table."""
    table = aws.client("dynamodb").describe_table(TableName=name)["Table"]
    return TableSize(name, table["ItemCount"], table["TableSizeBytes"])
