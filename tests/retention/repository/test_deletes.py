"""Deletes in batches: of exactly the rows that are meant, at a limiter that others can live with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from chalicelib.kit import aws
from chalicelib.kit.errors import Unavailable
from chalicelib.retention.domain.archive_pages import SegmentScan
from chalicelib.retention.domain.rate_limiter import WriteRateLimiter
from chalicelib.retention.repository import deletes, rows
from chalicelib.retention.rules import RULES
from chalicelib.shops.models import InstallationLog
from tests.retention.conftest import CUT_OFF, DUE, log_of, stored_logs

LOGS = RULES["shops/installation_logs"]
TABLE = InstallationLog.Meta.table_name
PACE = WriteRateLimiter(1e6, 1e6)


def items() -> list[Any]:
    return [row.item for row in rows.expired_page(LOGS, SegmentScan(CUT_OFF, 0, 1))[0]]


def test_only_rows_still_past_the_cut_off_are_deleted() -> None:
    over, moved = log_of(CUT_OFF), log_of(CUT_OFF)
    found = items()
    InstallationLog(moved.shop, moved.id).update(actions=[InstallationLog.created_at.set(DUE)])
    assert deletes.delete_expired(LOGS, CUT_OFF, found, PACE) == 1
    assert stored_logs() == {moved.id}
    assert over.id not in stored_logs()


CHANGES = {
    "a value": {"app": {"Value": {"S": "other"}}},
    "a value it did not have": {"metadata": {"Value": {"S": "{}"}}},
    "the time": {"created_at": {"Value": {"S": "2020-01-01T00:00:00.000000Z"}}},
    "a value gone": {"app": {"Action": "DELETE"}},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_row_is_not_deleted(change: dict[str, Any]) -> None:
    row = log_of(CUT_OFF)
    found = items()
    key = {"shop": {"S": row.shop}, "id": {"S": row.id}}
    aws.client("dynamodb").update_item(TableName=TABLE, Key=key, AttributeUpdates=change)
    assert deletes.delete_unchanged(InstallationLog, found, PACE) == 0
    assert stored_logs_raw() == {row.id}


def test_a_changed_unknown_attribute_prevents_the_delete() -> None:
    row = log_of(CUT_OFF)
    key = {"shop": {"S": row.shop}, "id": {"S": row.id}}
    values = {"score": {"Value": {"N": "1.50"}}, "tags": {"Value": {"L": [{"S": "a"}, {"NULL": True}]}}}
    aws.client("dynamodb").update_item(TableName=TABLE, Key=key, AttributeUpdates=values)
    found = items()
    assert deletes.delete_unchanged(InstallationLog, found, PACE) == 1
    assert stored_logs_raw() == set()


def test_a_missing_row_counts_as_deleted() -> None:
    log_of(CUT_OFF)
    found = items()
    assert deletes.delete_unchanged(InstallationLog, found, PACE) == 1
    assert deletes.delete_unchanged(InstallationLog, found, PACE) == 1


def test_rows_of_more_than_one_batch() -> None:
    for n in range(60):
        log_of(CUT_OFF, metadata={"note": "x" * 1000 * (n % 3)})
    assert deletes.delete_unchanged(InstallationLog, items(), PACE) == 60
    assert stored_logs() == set()


def test_large_rows_are_deleted_in_small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletes, "BATCH_BYTES", 2_000)
    for _ in range(6):
        log_of(CUT_OFF, metadata={"note": "x" * 900})
    with counted_calls() as calls:
        assert deletes.delete_unchanged(InstallationLog, items(), PACE) == 6
    assert len(calls) >= 3


def test_a_throttled_batch_is_retried() -> None:
    logs = {log_of(CUT_OFF).id for _ in range(30)}
    limiter = WriteRateLimiter(1e6, 1e6)
    with refused(2, refusal(400, {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"})):
        assert deletes.delete_unchanged(InstallationLog, items(), limiter) == len(logs)
    assert stored_logs() == set()
    busy = {"Error": {"Code": "ProvisionedThroughputExceeded", "Message": "slow down"}, "TableName": TABLE}
    logs = {log_of(CUT_OFF).id for _ in range(25)}
    with refused(3, refusal(200, {"Responses": [busy] * 25})):
        assert deletes.delete_unchanged(InstallationLog, items(), limiter) == len(logs)
    assert stored_logs() == set()
    assert limiter.rate < limiter.max_rate


def test_persistent_throttling_raises_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletes, "_ATTEMPTS", 3)
    log = log_of(CUT_OFF)
    busy = {"Error": {"Code": "ThrottlingError", "Message": "slow down"}, "TableName": TABLE}
    with refused(100, refusal(200, {"Responses": [busy]})), pytest.raises(Unavailable):
        deletes.delete_unchanged(InstallationLog, items(), PACE)
    assert stored_logs() == {log.id}


def test_a_rejected_delete_raises() -> None:
    log_of(CUT_OFF)
    denied = {"Error": {"Code": "AccessDenied", "Message": "no"}, "TableName": TABLE}
    with refused(1, refusal(200, {"Responses": [denied]})), pytest.raises(RuntimeError, match="AccessDenied"):
        deletes.delete_unchanged(InstallationLog, items(), PACE)


def test_the_rate_limit_delays_the_next_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(60):
        log_of(CUT_OFF)
    waited: list[float] = []
    monkeypatch.setattr("time.monotonic", lambda: sum(waited))
    monkeypatch.setattr("time.sleep", waited.append)
    found = items()
    assert deletes.delete_unchanged(InstallationLog, found, WriteRateLimiter(10.0, 10.0)) == 60
    assert sum(waited) == pytest.approx(5.0), "two batches of 25 units at 10 a second, before the third is sent"


def test_without_reported_capacity_each_row_counts_as_one_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(25):
        log_of(CUT_OFF)
    monkeypatch.setattr("time.monotonic", lambda: 100.0)
    limiter = WriteRateLimiter(10.0, 10.0)
    with refused(1, refusal(200, {"Responses": [{"TableName": TABLE}] * 25})):
        assert deletes.delete_unchanged(InstallationLog, items(), limiter) == 25
    assert limiter.wait_seconds(100.0) == pytest.approx(2.5)


def test_workers_share_half_of_the_write_capacity() -> None:
    client = aws.client("dynamodb")
    assert deletes.write_limiter(InstallationLog, 4).max_rate == 40_000 / 2 / 4
    maximum = {"MaxReadRequestUnits": 100, "MaxWriteRequestUnits": 400}
    client.update_table(TableName=TABLE, OnDemandThroughput=maximum)
    assert deletes.write_limiter(InstallationLog, 4).max_rate == 400 / 2 / 4
    throughput = {"ReadCapacityUnits": 10, "WriteCapacityUnits": 80}
    indexes = [{"Update": {"IndexName": "by_app", "ProvisionedThroughput": throughput | {"WriteCapacityUnits": 40}}}]
    client.update_table(
        TableName=TABLE,
        BillingMode="PROVISIONED",
        ProvisionedThroughput=throughput,
        GlobalSecondaryIndexUpdates=indexes,
    )
    assert deletes.write_limiter(InstallationLog, 4).max_rate == 40 / 2 / 4, "its scarcest part"


def refusal(status: int, body: dict[str, Any]) -> Callable[..., AWSResponse]:
    """An answer of DynamoDB that no engine gives by itself."""

    def answer(request: Any, **_: Any) -> AWSResponse:
        response = AWSResponse(request.url, status, {"content-type": "application/x-amz-json-1.0"}, None)
        response._content = json.dumps(body).encode()
        return response

    return answer


@contextmanager
def refused(times: int, answer: Callable[..., AWSResponse]) -> Iterator[None]:
    """So many batches get this answer instead of being carried out."""
    left = [times]

    def instead(request: Any, **_: Any) -> AWSResponse | None:
        left[0] -= 1
        return answer(request) if left[0] >= 0 else None

    with _hooked("before-send", instead):
        yield


@contextmanager
def counted_calls() -> Iterator[list[int]]:
    calls: list[int] = []
    with _hooked("before-send", lambda **_: calls.append(1)):
        yield calls


@contextmanager
def _hooked(when: str, hook: Callable[..., Any]) -> Iterator[None]:
    events = aws.client("dynamodb").meta.events
    name = f"{when}.dynamodb.BatchExecuteStatement"
    events.register(name, hook)
    try:
        yield
    finally:
        events.unregister(name, hook)


def stored_logs_raw() -> set[str]:
    return {item["id"]["S"] for item in aws.client("dynamodb").scan(TableName=TABLE, ConsistentRead=True)["Items"]}
