"""Other contexts' rows, as retention finds and deletes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.integrations.parquet import Kind
from chalicelib.kit import aws
from chalicelib.kit.attributes import ExpiryAttribute
from chalicelib.kit.data_policy import ExpiryAction, RetentionRule
from chalicelib.retention.domain.archive_pages import SegmentScan
from chalicelib.retention.repository import deletes, rows
from chalicelib.retention.rules import RULES
from chalicelib.shops.models import InstallationLog, Session
from tests.retention.conftest import CUT_OFF, DUE, log_of, session_of

LOGS = RULES["shops/installation_logs"]


def items(rule: RetentionRule = LOGS, segments: int = 1) -> list[Any]:
    found = []
    for segment in range(segments):
        after = None
        while True:
            page, after = rows.expired_page(rule, SegmentScan(CUT_OFF, segment, segments, after))
            found += [row.item for row in page]
            if after is None:
                break
    return found


def test_segments_share_the_table_without_overlap() -> None:
    stored = {log_of(CUT_OFF, shop=f"shop-{n}.myshopify.com").id for n in range(40)}
    found = [item["id"]["S"] for item in items(segments=4)]
    assert sorted(found) == sorted(stored)


def test_the_next_page_starts_after_the_previous_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "SCAN_ROWS", 2)
    monkeypatch.setattr(rows, "PAGE_ROWS", 5)
    stored = {log_of(CUT_OFF).id for _ in range(12)}
    first, after = rows.expired_page(LOGS, SegmentScan(CUT_OFF, 0, 1))
    assert len(first) == 6
    assert after is not None
    assert {item["id"]["S"] for item in items()} == stored


def test_a_page_has_no_more_rows_than_can_be_deleted_in_time() -> None:
    stored = {log_of(CUT_OFF, metadata={"note": "x" * 900}).id for _ in range(7)}
    first, after = rows.expired_page(LOGS, SegmentScan(CUT_OFF, 0, 1), units=8)
    assert (len(first), after is not None) == (2, True), "each costs four: two KB, in the table and its index"
    [one], _ = rows.expired_page(LOGS, SegmentScan(CUT_OFF, 0, 1), units=0.1)
    second, _ = rows.expired_page(LOGS, SegmentScan(CUT_OFF, 0, 1, after))
    assert {row.item["id"]["S"] for row in first + second} == stored
    assert one in first


def test_a_row_with_an_unreadable_time_is_kept_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    fine, odd = log_of(CUT_OFF), log_of(CUT_OFF)
    key = {"shop": {"S": odd.shop}, "id": {"S": odd.id}}
    values = {"created_at": {"Value": {"S": "2020-13-45"}}}
    aws.client("dynamodb").update_item(TableName=InstallationLog.Meta.table_name, Key=key, AttributeUpdates=values)
    assert [item["id"]["S"] for item in items()] == [fine.id]
    assert "row skipped: its time is unreadable" in caplog.text


def test_rows_without_a_time_never_expire() -> None:
    session_of(None)
    rule = RULES["shops/sessions"]
    page, _ = rows.expired_page(rule, SegmentScan(DUE, 0, 1))
    assert page == []


def test_a_rule_may_use_epoch_seconds() -> None:
    row = session_of(None)
    Session(row.id).update(actions=[Session.expires_epoch.set(DUE)])
    rule = RetentionRule(
        "shops/sessions", Session, timestamp_column="expires_epoch", lifetime=timedelta(0), action=ExpiryAction.DELETE
    )
    assert isinstance(Session.expires_epoch, ExpiryAttribute)
    [found] = rows.expired_page(rule, SegmentScan(DUE, 0, 1))[0]
    assert found.moment == DUE
    assert rows.expired_page(rule, SegmentScan(DUE - timedelta(seconds=1), 0, 1))[0] == []
    assert deletes.delete_expired(rule, DUE, [found.item], deletes.write_limiter(Session, 1)) == 1


def test_columns_are_those_of_the_model_and_the_exact_item_last() -> None:
    columns = rows.columns(Session)
    assert columns["expires"] is Kind.MOMENT
    assert columns["is_online"] is Kind.BOOLEAN
    assert columns["user_id"] is Kind.INTEGER
    assert columns["expires_epoch"] is Kind.EPOCH
    assert columns["access_token"] is columns["shop"] is Kind.TEXT
    assert list(columns)[-1] == "dynamodb_item"
