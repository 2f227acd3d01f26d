"""What operators look at: whole apps, whole ranges of time, whole tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.kit import aws, clock, tables
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.shops.models import InstallationLog, Session, Shop


@dataclass(frozen=True, slots=True)
class TableSize:
    """A table, how many rows it has and how many bytes they take."""

    table: str
    rows: int
    bytes: int


def list_active(app: str, page: PageRequest) -> PageResult[Shop]:
    """The shops that have the app, oldest installation first."""
    return query_page(Shop.by_active_app.query(app, limit=page.limit, last_evaluated_key=page.start))


def iterate_active(app: str, until: datetime) -> Iterator[Shop]:
    """The shops that have the app by an installation of before `until`, oldest first, page by page.

    A shop that comes back meanwhile gets a later installation: without the bound it would be met twice.
    """
    yield from Shop.by_active_app.query(app, Shop.installed_at < until, page_size=200)


def iterate_events(app: str, start: datetime, end: datetime) -> Iterator[InstallationLog]:
    """The app's comings and goings from `start` until just before `end`, oldest first, by kind and time alone."""
    last = end - datetime.resolution
    in_range = InstallationLog.created_at.between(start, last)
    yield from InstallationLog.by_app.query(app, in_range, attributes_to_get=["created_at", "event_type"])


def list_sessions(shop: str, page: PageRequest) -> PageResult[Session]:
    """The shop's sessions of all apps that are not over, by app."""
    is_open = Session.expires.does_not_exist() | (Session.expires > clock.now())
    rows = Session.by_shop.query(shop, filter_condition=is_open, limit=page.limit, last_evaluated_key=page.start)
    return query_page(rows)


def iterate_sizes() -> Iterator[TableSize]:
    """How large each table is that this process knows, by name."""
    for model in tables.loaded():
        name = model.Meta.table_name
        table = aws.client("dynamodb").describe_table(TableName=name)["Table"]
        yield TableSize(name, table["ItemCount"], table["TableSizeBytes"])
