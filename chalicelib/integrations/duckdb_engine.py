"""A DuckDB database in memory that reads and writes Parquet. DuckDB is a Lambda layer; the API never imports it.

Extensions are never downloaded: JSON, Parquet and ICU are built into DuckDB's wheels.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.integrations.parquet import Kind

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SQL_TYPES = {
    Kind.TEXT: "VARCHAR",
    Kind.INTEGER: "BIGINT",
    Kind.DECIMAL: "DECIMAL(38, 10)",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.MOMENT: "TIMESTAMPTZ",
    Kind.EPOCH: "TIMESTAMPTZ",
    Kind.DATE: "DATE",
}

_POINTER = "'$.' || substring(path, 3, length(path) - 3)"
JSON_EXTRACT_SCALAR = f"""
CREATE MACRO json_extract_scalar(document, path) AS
CASE WHEN json_valid(document) AND json_type(document, {_POINTER}) NOT IN ('OBJECT', 'ARRAY', 'NULL')
THEN json_extract_string(document, {_POINTER}) END
"""
"""Define Athena's function for paths of one key, `$["key"]`, which DuckDB writes as `$."key"`."""


class Database:
    """A database whose files live in `folder`. Names of tables and columns come from the program, values are bound."""

    def __init__(self, connection: DuckDBPyConnection, folder: Path) -> None:
        self._connection, self._folder, self._files = connection, folder, 0

    def run(self, *statements: str) -> None:
        """Run statements that return nothing of interest."""
        for statement in statements:
            self._connection.execute(statement)

    def set_variables(self, values: Mapping[str, Any]) -> None:
        """Set variables that the statements read with `getvariable`."""
        for name, value in values.items():
            self._connection.execute(f"SET VARIABLE {name} = ?", [value])

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return the rows of a query by column."""
        return list(self.iterate(query))

    def iterate(self, query: str, batch: int = 10_000) -> Iterator[dict[str, Any]]:
        """Iterate over the rows of a query by column; `batch` rows are in Python's memory at a time.

        The query runs once, at the first row, and DuckDB keeps its result: later statements do not change the rows.
        """
        relation = self._connection.sql(query)
        assert relation is not None, "a query has rows"
        columns = relation.columns
        for row in relation.iter_rows(batch):
            yield dict(zip(columns, row, strict=True))

    def select(self, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the columns and the rows of a query that an operator wrote."""
        cursor = self._connection.execute(query)
        return [column[0] for column in cursor.description or ()], cursor.fetchall()

    def forbid_files(self) -> None:
        """Let later statements read and write no file outside of the database's folder."""
        self._connection.execute(f"SET allowed_directories = ['{self._folder}']")
        self._connection.execute("SET enable_external_access = false")

    def value(self, query: str) -> Any:
        """Return the first value of a query's only row.

        All rows are fetched: DuckDB refuses other queries while a result is unread.
        """
        rows = self._connection.execute(query).fetchall()
        return rows[0][0] if rows else None

    def create_table(self, name: str, columns: Mapping[str, Kind], rows: Sequence[Sequence[Any]] = ()) -> None:
        """Create a table and insert the rows, whose values are in the order of the columns."""
        types = ", ".join(f"{column} {SQL_TYPES[kind]}" for column, kind in columns.items())
        self._connection.execute(f"CREATE TABLE {name} ({types})")
        if rows:
            lists = [list(values) for values in zip(*rows, strict=True)]
            unnested = ", ".join("unnest(?)" for _ in columns)
            self._connection.execute(f"INSERT INTO {name} SELECT {unnested}", lists)

    def create_view(self, name: str, columns: Mapping[str, Kind], files: Iterable[bytes]) -> None:
        """Create or replace a view of the rows of Parquet files. Columns that a file lacks are null, others are left out."""
        paths = [self._store(content) for content in files]
        empty = ", ".join(f"CAST(NULL AS {SQL_TYPES[kind]}) AS {column}" for column, kind in columns.items())
        query = f"SELECT {empty} WHERE false"
        if paths:
            listed = ", ".join(f"'{path}'" for path in paths)
            query += f" UNION ALL BY NAME SELECT * FROM read_parquet([{listed}], union_by_name = true)"  # noqa: S608
        self._connection.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT {', '.join(columns)} FROM ({query})")  # noqa: S608

    @contextmanager
    def temporary_view(self, name: str, columns: Mapping[str, Kind], files: Iterable[bytes]) -> Iterator[None]:
        """Create a view as `create_view` does; at the end drop it and delete its files."""
        first = self._files + 1
        self.create_view(name, columns, files)
        last = self._files
        yield
        self._connection.execute(f"DROP VIEW {name}")
        for number in range(first, last + 1):
            (self._folder / f"{number}.parquet").unlink()

    def parquet(self, query: str) -> bytes:
        """Return the rows of a query as a Parquet file."""
        target = self._next_path()
        self._connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
        content = target.read_bytes()
        target.unlink()
        return content

    def _store(self, content: bytes) -> Path:
        path = self._next_path()
        path.write_bytes(content)
        return path

    def _next_path(self) -> Path:
        self._files += 1
        return self._folder / f"{self._files}.parquet"


@contextmanager
def open_database(memory_limit: str = "2GB") -> Iterator[Database]:
    """Open a database that uses all processors and at most `memory_limit` of memory, then the temporary folder."""
    import duckdb

    options: dict[str, Any] = {
        "threads": os.cpu_count() or 1,
        "memory_limit": memory_limit,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with (
        tempfile.TemporaryDirectory(prefix="duckdb-") as folder,
        duckdb.connect(":memory:", config=options | {"temp_directory": folder}) as connection,
    ):
        yield Database(connection, Path(folder))
