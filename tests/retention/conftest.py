"""Fixtures: rows of any age, the sweep of any day, and the archive as another program reads it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chalicelib.kit import aws, clock, config, ids
from chalicelib.retention.service import erasure
from chalicelib.shops.models import EventType, InstallationLog, Session
from infra.deploy import handlers

DUE = datetime(2026, 11, 20, 3, tzinfo=UTC)
LOGS_LIVE = timedelta(days=730)
CUT_OFF = DUE - LOGS_LIVE

Row = dict[str, Any]


def log_of(created_at: datetime, **values: Any) -> InstallationLog:
    """Store an installation log that was created at that time."""
    row = InstallationLog(
        shop=values.pop("shop", "roses.myshopify.com"),
        id=values.pop("id", ids.new()),
        app="studio",
        event_type=EventType.INSTALL,
        created_at=created_at,
        **values,
    )
    row.save()
    return row


def session_of(expires: datetime | None) -> Session:
    """Store a session with that expiry."""
    row = Session(
        id=ids.new(), shop="roses.myshopify.com", app="studio", state="s", expires=expires, created_at=clock.now()
    )
    row.save()
    return row


@pytest.fixture
def nothing_in_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let erasures start their next round at once: no worker runs that began before the tombstones."""
    monkeypatch.setattr(erasure, "MAX_WORKER_TIME", timedelta(0))


def fire_sweep(due: datetime = DUE) -> None:
    """Start the sweep that is due at a moment."""
    fire("retention-start_sweep", due)


def fire(schedule: str, due: datetime) -> None:
    """Start a schedule's handler with EventBridge's event."""
    event = {
        "version": "0",
        "id": ids.new(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": due.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "us-east-1",
        "resources": [],
        "detail": {},
    }
    handlers.chalice_app().handler_map[schedule](event, None)


@pytest.fixture
def sweep(drain: Callable[[], list[Any]]) -> Callable[..., None]:
    """Run the sweep that is due at a moment to its end."""

    def run(due: datetime = DUE) -> None:
        fire_sweep(due)
        assert drain() == []

    return run


def stored_logs() -> set[str]:
    """Return the ids of the stored logs."""
    return {row.id for row in InstallationLog.scan(consistent_read=True)}


def archive_keys() -> list[str]:
    """Every object of the archive bucket."""
    pages = aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=config.settings().archive_bucket)
    return [found["Key"] for page in pages for found in page.get("Contents", [])]


@pytest.fixture
def archived(tmp_path: Path) -> Callable[[], list[Row]]:
    """Return a function that reads all archived rows with DuckDB, with their partition (`year`, `month`)."""

    def read() -> list[Row]:
        root = tmp_path / ids.new()
        for key in archive_keys():
            target = root / key
            target.parent.mkdir(parents=True, exist_ok=True)
            answer = aws.client("s3").get_object(Bucket=config.settings().archive_bucket, Key=key)
            target.write_bytes(answer["Body"].read())
        if not root.exists():
            return []
        with duckdb.connect() as database:
            found = database.execute(
                "SELECT * REPLACE (epoch_us(created_at) AS created_at) "
                f"FROM read_parquet('{root}/**/*.parquet', hive_partitioning=true)"
            )
            names = [column[0] for column in found.description or []]
            return [dict(zip(names, values, strict=True)) for values in found.fetchall()]

    return read
