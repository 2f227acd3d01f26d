"""`analytics-query` over the days of a site."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.analytics.conftest import compute_due_days, week_clock
from tests.analytics.event_factories import TENANT, lake_event, store
from tests.infra.ops.conftest import Ops, ops

__all__ = ["compute_due_days", "ops", "week_clock"]

DAYS = ["--tenant", TENANT, "--from", "2026-03-28", "--to", "2026-03-29"]


@pytest.fixture
def events(compute_due_days: Callable[[], int]) -> None:
    """Two computed events, and a part with a copy of one of them."""
    first = lake_event("2026-03-28 10:00", 1)
    store([first, lake_event("2026-03-29 10:00", 2, path="/b")])
    compute_due_days()
    store([first])


@pytest.mark.usefixtures("events")
def test_a_query_counts_each_event_once(ops: Ops) -> None:
    result = ops("analytics-query", "SELECT day, path FROM analytics_united_events ORDER BY day", *DAYS)
    assert (result.code, list(csv.reader(result.out.splitlines()))) == (
        0,
        [["day", "path"], ["2026-03-28", "/"], ["2026-03-29", "/b"]],
    )


@pytest.mark.usefixtures("events")
def test_a_query_touches_no_file_of_the_machine(ops: Ops, tmp_path: Path) -> None:
    target = tmp_path / "events.csv"
    for sql in (f"COPY analytics_events TO '{target}'", "SELECT * FROM read_text('/etc/hostname')", "SELEC 1"):
        result = ops("analytics-query", sql, *DAYS)
        assert result.code == 1
    assert not target.exists()


def test_a_site_without_events_is_refused(ops: Ops) -> None:
    result = ops("analytics-query", "SELECT 1", "--tenant", "store:9")
    assert result.code == 1
