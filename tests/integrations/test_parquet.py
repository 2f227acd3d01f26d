"""Parquet files, read by DuckDB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.integrations import parquet
from chalicelib.integrations.parquet import Kind

COLUMNS = {
    "text": Kind.TEXT,
    "whole": Kind.INTEGER,
    "amount": Kind.DECIMAL,
    "flag": Kind.BOOLEAN,
    "at": Kind.MOMENT,
    "until": Kind.EPOCH,
    "day": Kind.DATE,
}
FULL = {
    "text": '‘quoted’ "and" \\ \n ☃',
    "whole": "9007199254740993",
    "amount": "19.90",
    "flag": "true",
    "at": "2024-02-29T23:59:59.999999Z",
    "until": "1709251199",
    "day": "2024-02-29",
}


def read(tmp_path: Path, data: bytes, query: str) -> list[Any]:
    path = tmp_path / "rows.parquet"
    path.write_bytes(data)
    with duckdb.connect() as database:
        return database.execute(query.format(file=f"'{path}'")).fetchall()


def test_every_kind_has_its_type(tmp_path: Path) -> None:
    result = read(tmp_path, parquet.write(COLUMNS, [FULL]), "DESCRIBE SELECT * FROM {file}")
    assert {row[0]: row[1] for row in result} == {
        "text": "VARCHAR",
        "whole": "BIGINT",
        "amount": "DECIMAL(38,10)",
        "flag": "BOOLEAN",
        "at": "TIMESTAMP WITH TIME ZONE",
        "until": "TIMESTAMP WITH TIME ZONE",
        "day": "DATE",
    }


def test_values_are_exact(tmp_path: Path) -> None:
    query = 'SELECT text, whole, amount::VARCHAR, flag, epoch_us("at"), epoch("until"), day::VARCHAR FROM {file}'
    [row] = read(tmp_path, parquet.write(COLUMNS, [FULL]), query)
    assert row == (
        FULL["text"],
        9007199254740993,
        "19.9000000000",
        True,
        1709251199999999,
        1709251199.0,
        "2024-02-29",
    )


def test_files_are_compressed_with_zstd(tmp_path: Path) -> None:
    data = parquet.write(COLUMNS, [FULL] * 1000)
    query = "SELECT DISTINCT compression FROM parquet_metadata({file})"
    assert read(tmp_path, data, query) == [("ZSTD",)]
    assert len(data) < 5000


def test_missing_and_invalid_values_are_null(tmp_path: Path) -> None:
    odd = {"whole": "1.5e400", "amount": "1" * 40, "flag": "perhaps", "at": "never", "until": "soon", "day": "x"}
    result = read(tmp_path, parquet.write(COLUMNS, [odd, {}]), "SELECT * FROM {file}")
    assert result == [(None,) * 7] * 2


def test_writing_is_deterministic() -> None:
    rows = [{**FULL, "text": str(n)} for n in range(5000)]
    assert parquet.write(COLUMNS, rows) == parquet.write(COLUMNS, iter(rows))


def test_the_row_order_is_kept() -> None:
    texts = [str(n * 7919 % 10_000) for n in range(10_000)]
    data = parquet.write({"text": Kind.TEXT}, ({"text": text} for text in texts))
    assert parquet.read_texts(data, "text") == texts


def test_an_empty_file_has_its_columns(tmp_path: Path) -> None:
    data = parquet.write(COLUMNS, [])
    assert parquet.read_texts(data, "text") == []
    assert len(read(tmp_path, data, "DESCRIBE SELECT * FROM {file}")) == len(COLUMNS)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=5))
def test_any_text_round_trips(texts: list[str]) -> None:
    data = parquet.write({"a 'b' \"c\"": Kind.TEXT}, [{"a 'b' \"c\"": text} for text in texts])
    assert parquet.read_texts(data, "a 'b' \"c\"") == texts


@pytest.mark.parametrize("data", [b"", b"PAR1", b"not a file", parquet.write({"other": Kind.TEXT}, [{"other": "x"}])])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a Parquet file"):
        parquet.read_texts(data, "text")


def test_a_truncated_file_is_refused() -> None:
    data = parquet.write(COLUMNS, [FULL] * 100)
    with pytest.raises(ValueError, match="not a Parquet file"):
        parquet.read_texts(data[:-10], "text")
