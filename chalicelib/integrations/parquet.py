"""Read and write Parquet files (zstd) with DuckDB, a development dependency here and a Lambda layer of the functions that need it.

Extensions are never downloaded: JSON, Parquet and ICU are built into DuckDB's wheels.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEDIA_TYPE = "application/vnd.apache.parquet"

Row = Mapping[str, str | None]
"""Values by column, all as text, including numbers, booleans and times."""


class Kind(StrEnum):
    """The type in which a column's text is stored."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    """ISO-8601 with an offset."""
    EPOCH = "epoch"
    """Seconds since 1970, stored as a timestamp."""
    DATE = "date"


_SQL = {
    Kind.TEXT: "{}",
    Kind.INTEGER: "try_cast({} AS BIGINT)",
    Kind.DECIMAL: "try_cast({} AS DECIMAL(38, 10))",
    Kind.BOOLEAN: "try_cast({} AS BOOLEAN)",
    Kind.MOMENT: "try_cast({} AS TIMESTAMPTZ)",
    Kind.EPOCH: "to_timestamp(try_cast({} AS BIGINT))",
    Kind.DATE: "try_cast({} AS DATE)",
}

_OPTIONS: dict[str, str | int | float | list[str]] = {
    "threads": 1,  # one thread keeps the order of insertion, so that the output is deterministic
    "memory_limit": "256MB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


def write(columns: Mapping[str, Kind], rows: Iterable[Row]) -> bytes:
    """Write `rows` to a Parquet file in their order and return its bytes. The output is deterministic.

    A text that its column's kind cannot represent (such as a decimal of 40 digits) becomes null; store the original in
    another column.
    """
    names = {name: quoted(name) for name in columns}
    read_as = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
    selected = ", ".join(f"{_SQL[kind].format(names[name])} AS {names[name]}" for name, kind in columns.items())
    with database() as (connection, folder):
        source, target = folder / "rows.ndjson", folder / "rows.parquet"
        with source.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        rows_of = f"read_json({literal(str(source))}, format='newline_delimited', columns={{{read_as}}})"
        connection.execute(
            f"COPY (SELECT {selected} FROM {rows_of}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)"  # noqa: S608 - all quoted
        )
        return target.read_bytes()


def read_texts(data: bytes, column: str) -> list[str]:
    """Read one column of a Parquet file as texts, in order.

    Raises ValueError if `data` is not a Parquet file with that column.
    """
    import duckdb

    with database() as (connection, folder):
        source = folder / "rows.parquet"
        source.write_bytes(data)
        query = f"SELECT {quoted(column)}::VARCHAR FROM read_parquet({literal(str(source))})"  # noqa: S608 - all quoted
        try:
            return [text for (text,) in connection.execute(query).fetchall()]
        except duckdb.Error as error:
            raise ValueError(f"not a Parquet file with a column {column}") from error


@contextmanager
def database() -> Iterator[tuple[DuckDBPyConnection, Path]]:
    """Open a database in memory, and a folder for its files; both are gone when the block ends."""
    import duckdb

    with (
        tempfile.TemporaryDirectory(prefix="parquet-") as folder,
        duckdb.connect(":memory:", config=_OPTIONS | {"temp_directory": folder}) as connection,
    ):
        yield connection, Path(folder)


def quoted(name: str) -> str:
    """Return the name of a column in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text in SQL."""
    return "'" + text.replace("'", "''") + "'"
