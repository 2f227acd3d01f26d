"""Archive, then delete: whatever dies or interferes in between, no row is lost and none is archived twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pynamodb.exceptions import UpdateError

from chalicelib.integrations import parquet
from chalicelib.kit import aws, config
from chalicelib.retention.errors import ArchiveDamaged
from chalicelib.retention.models import Archive, ArchiveStatus, RuleRun, RunStatus
from chalicelib.retention.repository import rows, runs
from chalicelib.retention.rules import RULES
from chalicelib.retention.schemas import SweepRequested
from chalicelib.retention.service import sweep
from chalicelib.shops.models import InstallationLog
from infra.local.engine import Engine
from tests.retention.conftest import CUT_OFF, DUE, Row, archive_keys, log_of, stored_logs
from tests.retention.crash import Crash, crash_at, hooked

ROOT = Path(__file__).resolve().parents[3]
LOGS = "shops/installation_logs"
REQUEST = SweepRequested(rule=LOGS, run="20261120T030000Z", segment=0)
MOMENTS = [datetime(2024, month, day, tzinfo=UTC) for month in (2, 3) for day in (1, 2, 3)]
Archived = Callable[[], list[Row]]


@pytest.fixture(autouse=True)
def _one_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "SEGMENTS", 1)


def open_run() -> list[InstallationLog]:
    """Six logs of two months, and a run that is to archive them."""
    logs = [log_of(moment) for moment in MOMENTS]
    sweep.start_sweep(DUE)
    return logs


def test_a_rule_that_fails_stops_no_other() -> None:
    """Reading the run of the first rule fails."""
    first, *others = RULES
    events = aws.client("dynamodb").meta.events

    def refuse(params: dict[str, Any], **_: Any) -> None:
        if first in str(params["body"]):
            raise ConnectionError("the store is away")

    events.register("before-call.dynamodb", refuse, unique_id="refuse")
    try:
        with pytest.raises(ConnectionError):
            sweep.start_sweep(DUE)
    finally:
        events.unregister("before-call.dynamodb", unique_id="refuse")
    assert [runs.latest(rule) is not None for rule in (first, *others)] == [False, *[True] * len(others)]


def touch(log: InstallationLog) -> bool:
    """Change the row if it is there still, leaving its time as it is."""
    try:
        log.update(actions=[InstallationLog.metadata.set({"touched": True})], condition=InstallationLog.id.exists())
    except UpdateError:
        return False
    return True


def crash_and_recover(nth: int, when: str) -> bool:
    """Crash at the nth call, change a row, crash in the recovery, recover. Returns False if the first call did not crash."""
    open_run_logs = open_run()
    try:
        with crash_at(nth, when):
            sweep.sweep_segment(REQUEST)
        return False
    except Crash:
        pass
    touch(open_run_logs[nth % len(open_run_logs)])
    try:
        with crash_at(nth * 7 % 13 + 1, when):
            sweep.sweep_segment(REQUEST)
    except Crash:
        pass
    sweep.sweep_segment(REQUEST)
    return True


def check_nothing_lost_nor_twice(found: list[Row], logs: int) -> None:
    versions = Counter(row["dynamodb_item"] for row in found)
    assert max(versions.values()) == 1, "a version was archived twice"
    assert len({row["id"] for row in found} | stored_logs()) == logs
    manifests = list(Archive.query(LOGS))
    assert sorted(manifest.s3_key for manifest in manifests) == sorted(archive_keys())
    assert {manifest.status for manifest in manifests} == {ArchiveStatus.PURGED}
    [run] = RuleRun.query(LOGS)
    assert run.status is RunStatus.COMPLETED
    assert run.rows_archived == sum(manifest.row_count for manifest in manifests) == len(found)
    assert run.rows_deleted == logs - len(stored_logs())


@pytest.mark.parametrize("when", ["before-call", "after-call"])
def test_a_crash_at_any_call(when: str, engine: Engine, archived: Archived) -> None:
    for nth in range(1, 100):
        engine.restore()
        if not crash_and_recover(nth, when):
            assert nth > 15, "the walk covers all that a page does"
            return
        assert stored_logs() == set(), f"call {nth}"
        check_nothing_lost_nor_twice(archived(), len(MOMENTS))
    pytest.fail("it never came through")


KILLED = """
import os, signal
from chalicelib.kit import aws
from chalicelib.retention.service import sweep
from chalicelib.retention.rules import RULES
from chalicelib.retention.schemas import SweepRequested

def kill(**_): os.kill(os.getpid(), signal.SIGKILL)

for name in ("dynamodb", "s3"):
    aws.client(name).meta.events.register(f"after-call.{name}." + os.environ["KILL_AFTER"], kill)
sweep.sweep_segment(SweepRequested(rule="shops/installation_logs", run="20261120T030000Z", segment=0))
"""


@pytest.mark.parametrize("operation", ["TransactWriteItems", "PutObject", "GetObject", "BatchExecuteStatement"])
def test_a_killed_worker_loses_no_rows(operation: str, archived: Archived) -> None:
    open_run()
    died = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=ROOT, env={**os.environ, "KILL_AFTER": operation}, check=False
    )
    assert died.returncode == -9
    sweep.sweep_segment(REQUEST)
    assert stored_logs() == set()
    check_nothing_lost_nor_twice(archived(), len(MOMENTS))


def test_a_row_changed_between_archive_and_delete_is_kept(archived: Archived) -> None:
    logs = open_run()
    once: Iterator[InstallationLog] = iter(logs[:1])

    def interfere() -> None:  # the file is written, and about to be read back
        for log in once:
            assert touch(log)

    with hooked("before-call", "GetObject", interfere):
        sweep.sweep_segment(REQUEST)
    [left] = InstallationLog.scan(consistent_read=True)
    assert (left.id, left.metadata) == (logs[0].id, {"touched": True})
    check_nothing_lost_nor_twice(archived(), len(MOMENTS))

    sweep.start_sweep(DUE + timedelta(days=1))
    sweep.sweep_segment(REQUEST.model_copy(update={"run": "20261121T030000Z"}))
    assert stored_logs() == set()
    kept = [json.loads(row["dynamodb_item"]) for row in archived() if row["id"] == logs[0].id]
    assert ["metadata" in item for item in kept] == [False, True]


def test_a_row_deleted_by_another_writer_is_no_error(archived: Archived) -> None:
    logs = open_run()
    once = iter(logs[:1])

    def interfere() -> None:
        for log in once:
            log.delete()

    with hooked("before-call", "BatchExecuteStatement", interfere):
        sweep.sweep_segment(REQUEST)
    assert stored_logs() == set()
    assert len(archived()) == len(MOMENTS)


@pytest.mark.parametrize("damage", ["garbage", "other rows"])
def test_a_damaged_file_deletes_no_rows(damage: str, archived: Archived) -> None:
    logs = open_run()
    other = parquet.write(rows.columns(InstallationLog), [{"dynamodb_item": "{}"}] * 3)
    body = b"PAR1 not really" if damage == "garbage" else other
    done = threading.Event()

    def overwrite() -> None:
        if not done.is_set():
            done.set()
            for key in archive_keys():
                aws.client("s3").put_object(Bucket=config.settings().archive_bucket, Key=key, Body=body)

    for _ in range(2):  # nor when the message comes again
        with hooked("after-call", "PutObject", overwrite), pytest.raises(ArchiveDamaged):
            sweep.sweep_segment(REQUEST)
    assert stored_logs() == {log.id for log in logs}
    assert {manifest.status for manifest in Archive.query(LOGS)} == {ArchiveStatus.WRITTEN}
    [run] = RuleRun.query(LOGS)
    assert run.status is RunStatus.FAILED

    for key in archive_keys():  # an operator removes what nobody wrote
        aws.client("s3").delete_object(Bucket=config.settings().archive_bucket, Key=key)
    sweep.start_sweep(DUE + timedelta(days=1))
    run.refresh()
    assert (run.status, len(list(RuleRun.query(LOGS)))) == (RunStatus.RUNNING, 1), "taken up, not passed over"
    sweep.sweep_segment(REQUEST)
    check_nothing_lost_nor_twice(archived(), len(logs))


def test_concurrent_workers_and_a_writer_on_one_segment(archived: Archived, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "SCAN_ROWS", 10)
    monkeypatch.setattr(rows, "SCAN_CALLS", 1)
    logs = [log_of(CUT_OFF - timedelta(days=age)) for age in range(60)]
    sweep.start_sweep(DUE)
    with ThreadPoolExecutor(4) as pool:
        works = [pool.submit(sweep.sweep_segment, REQUEST) for _ in range(3)]
        touched = pool.submit(lambda: [log.id for log in logs if touch(log)])
        for work in works:
            work.result()
    sweep.sweep_segment(REQUEST)
    assert stored_logs() <= set(touched.result())
    check_nothing_lost_nor_twice(archived(), len(logs))
