"""Other contexts' rows, as retention finds and deletes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.integrations.parquet import Kind
from chalicelib.kit import aws
from chalicelib.kit.attributes import ExpiryAttribute
from chalicelib.kit.lifecycle import Rule, Then
from chalicelib.retention.repository import rows
from chalicelib.retention.rules import RULES
from chalicelib.shops.models import InstallationLog, Session
from tests.retention.conftest import CUT_OFF, DUE, log_of, session_of, stored_logs

LOGS = RULES["shops/installation_logs"]
TABLE = InstallationLog.Meta.table_name


def items(rule: Rule = LOGS, segments: int = 1) -> list[Any]:
    found = []
    for segment in range(segments):
        after = None
        while True:
            page, after = rows.expired_page(rule, CUT_OFF, segment, segments, after)
            found += [row.item for row in page]
            if after is None:
                break
    return found


def test_segments_share_the_table_without_overlap() -> None:
    stored = {log_of(CUT_OFF, shop=f"shop-{n}.myshopify.com").id for n in range(40)}
    found = [item["id"]["S"] for item in items(segments=4)]
    assert sorted(found) == sorted(stored)


def test_a_page_ends_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "SCAN_ROWS", 2)
    monkeypatch.setattr(rows, "PAGE_ROWS", 5)
    stored = {log_of(CUT_OFF).id for _ in range(12)}
    first, after = rows.expired_page(LOGS, CUT_OFF, 0, 1, None)
    assert len(first) == 6
    assert after is not None
    assert {item["id"]["S"] for item in items()} == stored


def test_rows_without_the_column_that_counts_live_on() -> None:
    session_of(None)
    rule = RULES["shops/sessions"]
    page, _ = rows.expired_page(rule, DUE, 0, 1, None)
    assert page == []


def test_a_rule_may_count_epoch_seconds() -> None:
    row = session_of(None)
    Session(row.id).update(actions=[Session.expires_epoch.set(DUE)])
    rule = Rule("shops/sessions", Session, counts="expires_epoch", keep=timedelta(0), then=Then.DELETE)
    assert isinstance(Session.expires_epoch, ExpiryAttribute)
    [found] = rows.expired_page(rule, DUE, 0, 1, None)[0]
    assert found.moment == DUE
    assert rows.expired_page(rule, DUE - timedelta(seconds=1), 0, 1, None)[0] == []
    assert rows.delete_expired(rule, DUE, [found.item]) == 1


def test_columns_are_those_of_the_model_and_the_exact_item_last() -> None:
    columns = rows.columns(Session)
    assert columns["expires"] is Kind.MOMENT
    assert columns["is_online"] is Kind.BOOLEAN
    assert columns["user_id"] is Kind.INTEGER
    assert columns["expires_epoch"] is Kind.EPOCH
    assert columns["access_token"] is columns["shop"] is Kind.TEXT
    assert list(columns)[-1] == "dynamodb_item"


def test_only_rows_still_past_the_cut_off_are_deleted() -> None:
    over, moved = log_of(CUT_OFF), log_of(CUT_OFF)
    found = items()
    InstallationLog(moved.shop, moved.id).update(actions=[InstallationLog.created_at.set(DUE)])
    assert rows.delete_expired(LOGS, CUT_OFF, found) == 1
    assert stored_logs() == {moved.id}
    assert over.id not in stored_logs()


CHANGES = {
    "a value": {"app": {"Value": {"S": "other"}}},
    "a value it did not have": {"metadata": {"Value": {"S": "{}"}}},
    "the time": {"created_at": {"Value": {"S": "2020-01-01T00:00:00.000000Z"}}},
    "a value gone": {"app": {"Action": "DELETE"}},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_row_is_kept(change: dict[str, Any]) -> None:
    row = log_of(CUT_OFF)
    found = items()
    key = {"shop": {"S": row.shop}, "id": {"S": row.id}}
    aws.client("dynamodb").update_item(TableName=TABLE, Key=key, AttributeUpdates=change)
    assert rows.delete_unchanged(InstallationLog, found) == 0
    assert stored_logs_raw() == {row.id}


def test_what_the_model_does_not_know_counts_as_content() -> None:
    row = log_of(CUT_OFF)
    key = {"shop": {"S": row.shop}, "id": {"S": row.id}}
    values = {"score": {"Value": {"N": "1.50"}}, "tags": {"Value": {"L": [{"S": "a"}, {"NULL": True}]}}}
    aws.client("dynamodb").update_item(TableName=TABLE, Key=key, AttributeUpdates=values)
    found = items()
    assert rows.delete_unchanged(InstallationLog, found) == 1
    assert stored_logs_raw() == set()


def test_a_row_that_is_gone_counts_as_gone() -> None:
    log_of(CUT_OFF)
    found = items()
    assert rows.delete_unchanged(InstallationLog, found) == 1
    assert rows.delete_unchanged(InstallationLog, found) == 1
    assert rows.delete_expired(LOGS, CUT_OFF, found) == 0


def stored_logs_raw() -> set[str]:
    return {item["id"]["S"] for item in aws.client("dynamodb").scan(TableName=TABLE, ConsistentRead=True)["Items"]}
