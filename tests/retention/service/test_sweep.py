"""The daily sweep from the schedule's event to the empty queue."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.kit import aws, clock, config, signing
from chalicelib.retention.models import Archive, ArchiveStatus, RuleRun, RunStatus
from chalicelib.retention.repository import rows
from chalicelib.retention.rules import RULES
from chalicelib.retention.schemas import SweepRequested
from chalicelib.retention.service import sweep as sweep_service
from chalicelib.shops.models import EventType, InstallationLog, Session
from tests import access
from tests.retention.conftest import (
    CUT_OFF,
    DUE,
    LOGS_LIVE,
    Row,
    archive_keys,
    fire_sweep,
    log_of,
    session_of,
    stored_logs,
)

SECOND = timedelta(seconds=1)
LOGS, SESSIONS = "shops/installation_logs", "shops/sessions"
Sweep = Callable[..., None]
Archived = Callable[[], list[Row]]


def runs_of(rule: str) -> list[RuleRun]:
    return list(RuleRun.query(rule, consistent_read=True))


def test_a_session_is_deleted_from_the_second_it_expires(sweep: Sweep) -> None:
    before, at, after = (session_of(DUE + offset) for offset in (-SECOND, 0 * SECOND, SECOND))
    endless = session_of(None)
    sweep()
    left = {row.id for row in Session.scan(consistent_read=True)}
    assert left == {after.id, endless.id}
    assert left.isdisjoint({before.id, at.id})
    assert [run.rows_deleted for run in runs_of(SESSIONS)] == [2]


def test_a_log_is_archived_from_the_second_it_expires(sweep: Sweep, archived: Archived) -> None:
    before, at, after = (log_of(CUT_OFF + offset) for offset in (-SECOND, 0 * SECOND, SECOND))
    sweep()
    assert stored_logs() == {after.id}
    assert {row["id"] for row in archived()} == {before.id, at.id}


def test_the_archive_holds_every_column_and_the_exact_item(sweep: Sweep, archived: Archived) -> None:
    moment = datetime(2024, 3, 5, 7, 8, 9, 123456, tzinfo=UTC)
    row = log_of(moment, metadata={"plan": "‘basic’", "price": "19.90", "tags": [1, None]})
    InstallationLog(row.shop, row.id).update(actions=[InstallationLog.app.set("discounts")])
    item = aws.client("dynamodb").get_item(
        TableName=InstallationLog.Meta.table_name, Key={"shop": {"S": row.shop}, "id": {"S": row.id}}
    )["Item"]
    sweep()
    [kept] = archived()
    assert json.loads(kept.pop("dynamodb_item")) == item
    assert kept == {
        "shop": row.shop,
        "id": row.id,
        "app": "discounts",
        "event_type": EventType.INSTALL.value,
        "metadata": '{"plan":"‘basic’","price":"19.90","tags":[1,null]}',
        "created_at": int(moment.timestamp()) * 1_000_000 + 123456,
        "year": 2024,
        "month": "03",
    }


def test_each_month_has_a_file_and_a_manifest(sweep: Sweep, archived: Archived) -> None:
    leap_day = log_of(datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC))
    log_of(datetime(2024, 3, 1, tzinfo=UTC))
    log_of(datetime(2023, 12, 31, 23, 59, 59, tzinfo=UTC))
    sweep()
    folders = {key.rpartition("/")[0] for key in archive_keys()}
    assert folders == {
        f"archive/{LOGS}/{month}" for month in ("year=2023/month=12", "year=2024/month=02", "year=2024/month=03")
    }
    manifests = {manifest.s3_key: manifest for manifest in Archive.query(LOGS)}
    assert set(manifests) == set(archive_keys())
    for key, manifest in manifests.items():
        data = aws.client("s3").get_object(Bucket=config.settings().archive_bucket, Key=key)["Body"].read()
        assert (manifest.status, manifest.row_count) == (ArchiveStatus.PURGED, 1)
        assert (manifest.byte_count, manifest.sha256) == (len(data), signing.digest(data))
        assert data.startswith(b"PAR1")
    [february] = [manifest for key, manifest in manifests.items() if "month=02" in key]
    assert february.oldest == february.newest == leap_day.created_at
    assert len(archived()) == 3


@pytest.mark.parametrize(
    ("due", "newest_over"),
    [
        (datetime(2028, 2, 29, 3, tzinfo=UTC), datetime(2026, 3, 1, 3, tzinfo=UTC)),
        (datetime(2026, 2, 28, 3, tzinfo=UTC), datetime(2024, 2, 29, 3, tzinfo=UTC)),
        (datetime(2026, 3, 1, 3, tzinfo=UTC), datetime(2024, 3, 1, 3, tzinfo=UTC)),
    ],
)
def test_years_are_730_days_over_leap_days(sweep: Sweep, due: datetime, newest_over: datetime) -> None:
    assert due - LOGS_LIVE == newest_over
    log_of(newest_over)
    young = log_of(newest_over + timedelta(microseconds=1))
    sweep(due)
    assert stored_logs() == {young.id}


def test_a_run_is_completed_and_counts_its_rows(sweep: Sweep) -> None:
    for age in range(25):
        log_of(CUT_OFF - timedelta(days=age))
    sweep()
    [run] = runs_of(LOGS)
    assert (run.status, run.cut_off, run.cursor) == (RunStatus.COMPLETED, CUT_OFF, {})
    assert (run.rows_archived, run.rows_deleted) == (25, 25)
    assert run.completed_at is not None
    assert run.expires_epoch > run.started_at + timedelta(days=364)


def test_the_same_schedule_twice_is_one_run_and_the_next_day_another(sweep: Sweep, archived: Archived) -> None:
    log_of(CUT_OFF)
    sweep()
    sweep()
    log_of(CUT_OFF + SECOND)
    sweep(DUE + timedelta(days=1))
    assert [run.run for run in runs_of(LOGS)] == ["20261120T030000Z", "20261121T030000Z"]
    assert len(archived()) == 2


def test_an_open_run_resumes_with_its_own_cut_off(
    sweep: Sweep, engine: Any, drain: Callable[[], list[Any]], archived: Archived
) -> None:
    over, young = log_of(CUT_OFF), log_of(CUT_OFF + SECOND)
    fire_sweep()
    aws.client("sqs").purge_queue(QueueUrl=_queue_url())  # as if the messages had ended in the dead-letter queue
    sweep(DUE + timedelta(days=1))
    [run] = runs_of(LOGS)
    assert (run.run, run.status) == ("20261120T030000Z", RunStatus.COMPLETED)
    assert stored_logs() == {young.id}
    sweep(DUE + timedelta(days=2))
    assert {row["id"] for row in archived()} == {over.id, young.id}


def test_a_worker_queues_the_rest_after_its_time_limit(
    sweep: Sweep, archived: Archived, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "SCAN_ROWS", 3)
    monkeypatch.setattr(rows, "SCAN_CALLS", 2)
    monkeypatch.setattr(sweep_service, "WORK_TIME", timedelta(microseconds=1))
    for age in range(40):
        log_of(CUT_OFF - timedelta(hours=age), shop=f"shop-{age}.myshopify.com")
    sweep()
    assert stored_logs() == set()
    assert len({row["id"] for row in archived()}) == len(archived()) == 40
    assert len(archive_keys()) > 4, "several pages a segment"


def test_more_months_than_one_page_may_announce(
    sweep: Sweep, archived: Archived, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.retention.service.archive.MAX_FILES", 2)
    for month in range(1, 13):
        log_of(datetime(2023, month, 1, tzinfo=UTC), shop="one.myshopify.com")
    sweep()
    assert stored_logs() == set()
    assert sorted(row["month"] for row in archived()) == [f"{month:02d}" for month in range(1, 13)]


def test_a_late_duplicate_of_a_message_changes_nothing(sweep: Sweep, archived: Archived) -> None:
    log_of(CUT_OFF)
    sweep()
    before = (archived(), [run.to_simple_dict() for run in runs_of(LOGS)])
    for segment in range(sweep_service.SEGMENTS):
        sweep_service.sweep_segment(SweepRequested(rule=LOGS, run="20261120T030000Z", segment=segment))
    assert (archived(), [run.to_simple_dict() for run in runs_of(LOGS)]) == before


def test_a_session_extended_between_scan_and_delete_is_kept(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    row = session_of(DUE - SECOND)
    look = rows.expired_page

    def look_and_conflict(*arguments: Any) -> Any:
        found = look(*arguments)
        with access.outside_roles():
            Session(row.id).update(actions=[Session.expires.set(clock.now() + timedelta(days=1))])
        return found

    monkeypatch.setattr(rows, "expired_page", look_and_conflict)
    sweep()
    assert [left.id for left in Session.scan(consistent_read=True)] == [row.id]
    assert [run.rows_deleted for run in runs_of(SESSIONS)] == [0]


def test_a_rule_changed_during_its_run(
    sweep: Sweep, archived: Archived, drain: Callable[[], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    over = [log_of(CUT_OFF - timedelta(days=age)) for age in range(30)]
    fire_sweep()
    longer = replace(RULES[LOGS], lifetime=LOGS_LIVE + timedelta(days=10))
    monkeypatch.setitem(RULES, LOGS, longer)
    assert drain() == []
    assert stored_logs() == set(), "the run keeps the cut-off that it began with"
    assert len(archived()) == len(over)
    spared = log_of(CUT_OFF - timedelta(days=1))
    sweep(DUE + timedelta(days=1))
    assert stored_logs() == {spared.id}


def test_a_removed_rule_keeps_its_rows(
    sweep: Sweep, drain: Callable[[], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = log_of(CUT_OFF)
    fire_sweep()
    monkeypatch.delitem(RULES, LOGS)
    assert drain() == []
    assert stored_logs() == {row.id}


def _queue_url() -> str:
    return str(
        aws.client("sqs").get_queue_url(QueueName=f"{config.settings().namespace}-retention-sweep_segment")["QueueUrl"]
    )
