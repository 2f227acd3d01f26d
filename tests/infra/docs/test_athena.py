"""The Athena definitions match the archived files, and operators query them locally by the same names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chalicelib.integrations.parquet import Kind
from chalicelib.kit import aws, config
from chalicelib.retention.repository.rows import columns
from infra.docs import athena
from tests.infra.ops.conftest import Ops, ops
from tests.retention.conftest import CUT_OFF, fire_sweep, log_of

__all__ = ["ops"]

DUCKDB = {
    Kind.TEXT: "VARCHAR",
    Kind.INTEGER: "BIGINT",
    Kind.DECIMAL: "DECIMAL(38,10)",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.MOMENT: "TIMESTAMP WITH TIME ZONE",
    Kind.EPOCH: "TIMESTAMP WITH TIME ZONE",
    Kind.DATE: "DATE",
}


@pytest.fixture
def archive_keys(drain: Callable[[], list[Any]]) -> list[str]:
    """Archive logs of two months; return the object keys."""
    bucket = config.settings().archive_bucket
    for page in aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="archive/"):
        for stored_object in page.get("Contents", ()):
            aws.client("s3").delete_object(Bucket=bucket, Key=stored_object["Key"])
    for days in (1, 2, 40):
        log_of(CUT_OFF - timedelta(days=days), shop=f"shop{days}.myshopify.com")
    fire_sweep()
    assert drain() == []
    listing = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix="archive/shops/installation_logs/")
    return [stored_object["Key"] for stored_object in listing["Contents"]]


def test_an_archived_file_has_the_columns_of_its_athena_table(archive_keys: list[str], tmp_path: Path) -> None:
    (rule,) = [rule for rule in athena.archived() if rule.name == "shops/installation_logs"]
    file = tmp_path / "rows.parquet"
    bucket = config.settings().archive_bucket
    file.write_bytes(aws.client("s3").get_object(Bucket=bucket, Key=archive_keys[0])["Body"].read())
    result = duckdb.execute(f"DESCRIBE SELECT * FROM read_parquet('{file}')").fetchall()
    assert {name: kind for name, kind, *_ in result} == {
        name: DUCKDB[kind] for name, kind in columns(rule.table).items()
    }
    defined = athena.render()
    for name, kind in columns(rule.table).items():
        assert f"  `{name}` {athena.TYPES[kind]}" in defined


def test_every_archived_table_has_an_athena_location(archive_keys: list[str]) -> None:
    defined = athena.render()
    for rule in athena.archived():
        assert f"backroom_archive.{athena.table_of(rule)} (" in defined
        assert f"/archive/{rule.name}/year=${{year}}/month=${{month}}/" in defined
    assert all(key.startswith("archive/shops/installation_logs/year=") for key in archive_keys)


def test_operators_query_the_archive(archive_keys: list[str], ops: Ops) -> None:
    assert len({key.rsplit("/", 1)[0] for key in archive_keys}) == 2
    assert "shops_installation_logs" in ops("archive-query").out
    sql = "SELECT shop, year, month FROM shops_installation_logs ORDER BY created_at"
    whole = ops("archive-query", sql)
    header, *rows = whole.out.splitlines()
    assert (whole.code, header) == (0, "shop,year,month")
    assert [row.split(",")[0] for row in rows] == ["shop40.myshopify.com", "shop2.myshopify.com", "shop1.myshopify.com"]
    since = f"{CUT_OFF - timedelta(days=2):%Y-%m}"
    later = ops("archive-query", sql, "--from", since).out.splitlines()[1:]
    assert [row.split(",")[0] for row in later] == ["shop2.myshopify.com", "shop1.myshopify.com"]
    empty = ops("archive-query", sql, "--to", "2000-01")
    assert (empty.code, empty.out) == (0, "")
    assert "no archived rows" in empty.err


@pytest.mark.parametrize(
    "sql", ["SELECT 1", "SELEC x FROM shops_installation_logs", "SELECT nothing FROM shops_installation_logs"]
)
def test_a_failing_query_explains_the_error(archive_keys: list[str], ops: Ops, sql: str) -> None:
    result = ops("archive-query", sql)
    assert result.code == 1
    assert result.err.startswith("backroom: ") or "backroom: " in result.err
