"""The days of a tenant in DuckDB, with the tables and the function that queries have in Athena."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from chalicelib.analytics.domain.lake import EVENT_COLUMNS, tenant_partition
from chalicelib.analytics.domain.reports.source_sql import EVENTS, FIRSTS, UNITED, text, united_events
from chalicelib.integrations import duckdb_engine
from chalicelib.integrations.duckdb_engine import Database
from chalicelib.integrations.parquet import Kind

FILE_COLUMNS: Mapping[str, Kind] = {**EVENT_COLUMNS, "person": Kind.TEXT}
FIRSTS_COLUMNS: Mapping[str, Kind] = {"event": Kind.TEXT, "user_id": Kind.TEXT, "first_day": Kind.DATE}


@contextmanager
def open_files(tenant: str, files: Iterable[bytes], firsts: bytes | None) -> Iterator[Database]:
    """Open a database with the days and parts of a tenant, and the first days of its users."""
    partition = text(tenant_partition(tenant))
    with duckdb_engine.open_database() as database:
        database.create_view("files", FILE_COLUMNS, files)
        database.create_view("first_files", FIRSTS_COLUMNS, [firsts] if firsts else [])
        database.run(
            duckdb_engine.JSON_EXTRACT_SCALAR,
            f"CREATE VIEW {EVENTS} AS SELECT *, {partition} AS tenant FROM files",  # noqa: S608 - quoted
            f"CREATE VIEW {FIRSTS} AS SELECT *, {partition} AS tenant FROM first_files",  # noqa: S608 - quoted
            f"CREATE VIEW {UNITED} AS {united_events(FILE_COLUMNS, EVENTS)}",
        )
        yield database


def query_files(tenant: str, query: str, files: Iterable[bytes], firsts: bytes | None) -> list[dict[str, Any]]:
    """Return the rows of a query over the days and parts of a tenant, and the first days of its users."""
    with open_files(tenant, files, firsts) as database:
        return database.rows(query)
