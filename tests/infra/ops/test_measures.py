"""The commands `revenue`, `performance` and `recompute-measures`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.kit import clock
from chalicelib.platform.models import AuditLog, PerformanceMetric, RevenueEntry, RevenueReport
from tests.infra.ops.conftest import Ops
from tests.platform.stores import new_store

Drain = Callable[[], list[Any]]
HOUR = datetime(2031, 11, 5, 12, tzinfo=UTC)


def add_metric(endpoint: str, hour: datetime, calls: int) -> None:
    """Add the figures of an endpoint in an hour."""
    row = PerformanceMetric(endpoint, hour, calls=calls, errors=1, expires_epoch=hour + PerformanceMetric.KEEP)
    row.p50_ms, row.p95_ms, row.p99_ms = 10, 20, 30
    row.save()


def test_revenue_is_listed_by_month(ops: Ops) -> None:
    row = RevenueReport("2031-09", total_revenue=Decimal("10.5"), new_stores=2, churned_stores=1, generated_at=HOUR)
    row.by_currency, row.by_plan = {"EUR": "3", "USD": "10.5"}, {"starter": "10.5"}
    row.save()
    result = ops("revenue", "--from", "2031-09", "--to", "2031-11")
    assert result.out == "2031-09\t10.5\tEUR:3 USD:10.5\tstarter:10.5\t2\t1\tFalse\n"
    [month] = json.loads(ops("revenue", "--from", "2031-09", "--to", "2031-11", "--json").out)
    assert month["by_plan"] == {"starter": "10.5"}
    assert ops("revenue").out == ""


def test_performance_is_of_an_hour_or_of_an_endpoint(ops: Ops) -> None:
    add_metric("/v1/store/orders", HOUR, 9)
    add_metric("/v1/store/orders", HOUR + timedelta(hours=1), 4)
    add_metric("/v1/store/quote", HOUR, 11)
    lines = [line.split("\t") for line in ops("performance", "--hour", "2031-11-05T12:00Z").out.splitlines()]
    assert [line[1:] for line in lines] == [
        ["/v1/store/quote", "11", "1", "10", "20", "30"],
        ["/v1/store/orders", "9", "1", "10", "20", "30"],
    ]
    span = ["--from", "2031-11-05T12:00Z", "--to", "2031-11-05T13:00Z"]
    rows = json.loads(ops("performance", "--endpoint", "/v1/store/orders", *span, "--json").out)
    assert [row["calls"] for row in rows] == [9, 4]


def test_a_wrong_report_is_computed_again_and_audited(ops: Ops, drain: Drain) -> None:
    occurred = datetime(2026, 3, 5, tzinfo=UTC)
    RevenueEntry(
        "2026-03", "payment:1", store_id="a", plan="starter", amount=Decimal(29), currency="USD", occurred_at=occurred
    ).save()
    RevenueReport("2026-03", total_revenue=Decimal(1), is_final=True, generated_at=occurred).save()
    result = ops("recompute-measures", "revenue", "--from", "2026-03", "--to", "2026-04")
    assert result.out == "2 months are queued; platform-measure_store computes them\n"
    assert drain() == []
    assert RevenueReport.get("2026-03").total_revenue == Decimal(29)
    [entry] = AuditLog.query("platform")
    assert (entry.action, entry.target) == ("platform.recompute_measures", "revenue")
    assert entry.after == {"span": "2026-03 to 2026-04"}


def test_days_of_a_store_and_hours_are_queued(ops: Ops, drain: Drain) -> None:
    store = new_store()
    days = ops("recompute-measures", "store", store.id, "--from", "2026-03-01", "--to", "2026-04-02")
    assert days.out.startswith("33 days are queued")
    hour = clock.iso(clock.now() - timedelta(days=1))
    hours = ops("recompute-measures", "performance", "--from", hour, "--to", hour)
    assert hours.out.startswith("1 hours are queued")
    assert drain() == []
    [entry] = AuditLog.query(store.id)
    assert entry.after == {"span": "2026-03-01 to 2026-04-02"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["recompute-measures", "store", "any", "--from", "2026-03-02", "--to", "2026-03-01"],
        ["recompute-measures", "store", "missing", "--from", "2026-03-01", "--to", "2026-03-01"],
        ["recompute-measures", "revenue", "--from", "2026-13", "--to", "2026-14"],
        ["recompute-measures", "performance", "--from", "2026-03-02T00:00Z", "--to", "2026-03-01T00:00Z"],
        ["revenue", "--from", "2026-03", "--to", "2026-02"],
        ["performance", "--endpoint", "a", "--hour", "2026-03-01T00:00Z"],
    ],
)
def test_wrong_ranges_and_unknown_stores_are_refused(ops: Ops, drain: Drain, arguments: list[str]) -> None:
    result = ops(*arguments)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("backroom: ")
    drain()
    assert list(AuditLog.query("platform")) == []
