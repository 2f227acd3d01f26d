"""`archive-query` over files written by the sweep, in a process without pytz."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.integrations.parquet import Kind
from chalicelib.kit import aws
from chalicelib.kit.attributes import DateAttribute
from chalicelib.kit.data_policy import RetentionRule
from chalicelib.retention.repository.rows import columns, timestamp_attribute
from infra.deploy.handlers import ROOT
from infra.docs import athena
from tests.infra.ops.conftest import Ops, ops
from tests.retention.conftest import DUE, fire_sweep

__all__ = ["ops"]

WITHOUT_PYTZ = (
    "import sys; sys.modules['pytz'] = None; from infra.ops.__main__ import main; sys.exit(main(sys.argv[1:]))"
)
TIMES = (Kind.MOMENT, Kind.EPOCH)


def query(sql: str) -> list[dict[str, str]]:
    """Run a query in a process without pytz; return the printed rows."""
    command = [sys.executable, "-c", WITHOUT_PYTZ, "archive-query", sql]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return list(csv.DictReader(process.stdout.splitlines()))


def archived_time(rule: RetentionRule) -> datetime:
    """Return a time with microseconds, a day before the cut-off of the rule."""
    return DUE - rule.lifetime - timedelta(days=1) + timedelta(microseconds=7)


def store_expired_row(rule: RetentionRule, mark: str, *, timestamps: bool) -> None:
    """Store an expired row with every timestamp of the table, or with only the one of the rule."""
    item: dict[str, dict[str, str]] = {}
    table = rule.table
    keys = {table._hash_keyname, table._range_keyname}
    for name, attribute in table.get_attributes().items():
        is_time = columns(table)[attribute.attr_name] in TIMES
        if attribute is timestamp_attribute(rule) or (is_time and timestamps):
            moment: Any = archived_time(rule)
            moment = moment.date() if isinstance(attribute, DateAttribute) else moment
            item[attribute.attr_name] = {attribute.attr_type: attribute.serialize(moment)}
        elif name in keys and not is_time:
            item[attribute.attr_name] = {attribute.attr_type: mark if attribute.attr_type == "S" else "1"}
    aws.client("dynamodb").put_item(TableName=table.Meta.table_name, Item=item)


def expected_time(rule: RetentionRule, column: str, kind: Kind) -> datetime:
    """Return the stored time of the column: an epoch has whole seconds."""
    moment = archived_time(rule)
    return moment.replace(microsecond=0) if kind is Kind.EPOCH else moment


@pytest.fixture
def archive_rows(drain: Callable[[], list[Any]]) -> None:
    """Archive two rows of every archived table."""
    for rule in athena.archived():
        store_expired_row(rule, "full", timestamps=True)
        store_expired_row(rule, "bare", timestamps=False)
    fire_sweep()
    assert drain() == []


def test_the_timestamps_of_every_archived_table_are_read_without_pytz(archive_rows: None) -> None:
    assert athena.archived()
    for rule in athena.archived():
        times = {name: kind for name, kind in columns(rule.table).items() if kind in TIMES}
        key = rule.table.get_attributes()[rule.table._hash_keyname or ""].attr_name
        rows = {row[key]: row for row in query(f"SELECT * FROM {athena.table_of(rule)}")}
        assert set(rows) == {"full", "bare"}, rule.name
        for name, kind in times.items():
            assert datetime.fromisoformat(rows["full"][name]) == expected_time(rule, name, kind), (rule.name, name)
            is_counted = name == timestamp_attribute(rule).attr_name
            assert (rows["bare"][name] == "") is not is_counted, (rule.name, name)


def test_computed_timestamps_keep_their_order_null_and_microseconds(archive_rows: None) -> None:
    sql = (
        "SELECT shop, created_at + to_microseconds(1) AS later, CAST(NULL AS TIMESTAMPTZ) AS nothing, '' AS blank, "
        "list_value(created_at) AS several, CAST(created_at AS DATE) AS day "
        "FROM shops_installation_logs ORDER BY shop DESC; -- as written at a prompt"
    )
    rule = next(rule for rule in athena.archived() if rule.name == "shops/installation_logs")
    rows = query(sql)

    assert [row["shop"] for row in rows] == ["full", "bare"]
    later = archived_time(rule) + timedelta(microseconds=1)
    for row in rows:
        assert row["later"] == f"{later.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00"
        assert (row["nothing"], row["blank"], row["day"]) == ("", "", f"{later:%Y-%m-%d}")
        assert f"{archived_time(rule):%H:%M:%S.%f}+00" in row["several"]


def test_null_and_empty_text_are_distinguished(archive_rows: None, ops: Ops) -> None:
    result = ops("archive-query", "SELECT NULL AS nothing, '' AS blank FROM shops_installation_logs LIMIT 1")

    assert result.out.splitlines() == ["nothing,blank", ',""']


@pytest.mark.parametrize("timezone", ["America/New_York", "Asia/Kolkata"])
def test_timestamps_are_utc_on_every_machine(
    archive_rows: None, timezone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", timezone)
    rows = query("SELECT created_at, hour(created_at) AS hour FROM shops_installation_logs")
    rule = next(rule for rule in athena.archived() if rule.name == "shops/installation_logs")

    for row in rows:
        assert row["created_at"].endswith("+00")
        assert datetime.fromisoformat(row["created_at"]) == archived_time(rule)
        assert int(row["hour"]) == archived_time(rule).hour


def test_a_statement_without_rows_is_refused(archive_rows: None, ops: Ops) -> None:
    result = ops("archive-query", "CREATE TABLE mine AS SELECT * FROM shops_installation_logs")

    assert result.code == 1
    assert "write one SELECT" in result.err
