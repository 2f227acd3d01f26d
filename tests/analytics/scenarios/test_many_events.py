"""100,000 events of a day, repeated and in random order: none is lost and none counts twice."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

from chalicelib.analytics.domain.lake import part_key
from chalicelib.analytics.models import DailyTraffic, EventCount
from chalicelib.analytics.repository import event_days
from chalicelib.analytics.service import computation
from chalicelib.kit import aws, clock, config
from infra.bench.subjects.rollup_input import DAY, EVENTS
from tests.analytics.event_factories import TENANT, WeekClock, local

COUNT, PARTS = 100_000, 8
FEW_USERS = "SELECT * REPLACE (if(user_id IS NULL, NULL, 'user-' || hash(user_id) % 20) AS user_id) FROM "


def store_part(connection: duckdb.DuckDBPyConnection, path: Path, condition: str) -> None:
    """Store the events that match as a part, in random order."""
    connection.execute(f"COPY (FROM events WHERE {condition} ORDER BY random()) TO '{path}' (FORMAT parquet)")
    content = path.read_bytes()
    key = part_key(TENANT, DAY, hashlib.sha256(content).hexdigest())
    aws.client("s3").put_object(Bucket=config.settings().archive_bucket, Key=key, Body=content)
    event_days.mark_parts_due(TENANT, DAY, 1, clock.now())


def numbers() -> tuple[object, ...]:
    traffic = DailyTraffic.get(TENANT, DAY)
    day = event_days.find(TENANT, DAY)
    views = [(row.event_count, row.visitors) for row in EventCount.query(f"{TENANT}#page_view")]
    return traffic.events, traffic.page_views, traffic.visits, day and day.event_count, views


def test_of_many_repeated_events_none_is_lost_and_none_counts_twice(week_clock: WeekClock, tmp_path: Path) -> None:
    week_clock.moment = local("2026-12-01 00:00")  # after 90 days the events have no rows of their own
    with duckdb.connect() as connection:
        connection.execute("SET VARIABLE visits = ?", [COUNT // 10])
        connection.execute(f"CREATE TABLE events AS {FEW_USERS} ({EVENTS})")
        for number in range(PARTS):
            is_again = f"hash(id, 'again') % {PARTS} = {number}"
            store_part(connection, tmp_path / "part.parquet", f"hash(id) % {PARTS} = {number} OR {is_again}")
        computation.compute_day(TENANT, DAY)
        first = numbers()
        store_part(connection, tmp_path / "part.parquet", "hash(id) % 3 = 0")
        computation.compute_day(TENANT, DAY)
        [[persons]] = connection.execute(
            "SELECT count(DISTINCT coalesce('u' || user_id, 'v' || visitor)) FROM events WHERE type = 'page_view'"
        ).fetchall()
    assert first == (COUNT, COUNT * 6 // 10, COUNT // 10, COUNT, [(COUNT * 6 // 10, persons)])
    assert numbers() == first
