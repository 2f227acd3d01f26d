"""Compute the same numbers in SQLite from an indexed table: `python rollup_sqlite.py FOLDER VISITS`.

`python rollup_sqlite.py FOLDER` makes the table, which is not measured: it stands for a database that got the events one
by one.
"""

import sqlite3
import sys
from pathlib import Path

import duckdb

from infra.bench.subjects.measure import report

database = Path(sys.argv[1]) / "events.sqlite"

COLUMNS = "id, type, name, version, received_ms, at_ms, user_id, visitor, path, referrer, device_type, browser, data"
STEPS = (
    """CREATE TEMP TABLE placed AS SELECT *, sum(is_new) OVER (PARTITION BY visitor ORDER BY at_ms, id) AS visit FROM (
        SELECT *, coalesce(at_ms - lag(at_ms) OVER (PARTITION BY visitor ORDER BY at_ms, id) > 1800000, 1) AS is_new
        FROM events)""",
    """CREATE TEMP TABLE visits AS SELECT visitor, visit, min(user_id) AS user_id, (max(at_ms) - min(at_ms)) / 1000 AS seconds,
        count(*) = 1 AS is_bounce, max(referrer) AS referrer, max(device_type) AS device_type, max(browser) AS browser
    FROM placed GROUP BY visitor, visit""",
)
QUERIES = (
    """SELECT count(DISTINCT coalesce(user_id, visitor)), count(DISTINCT user_id), sum(type = 'page_view'), count(*) FROM events""",
    """SELECT name, CASE WHEN name = 'name_8' THEN json_extract(data, '$.plan') ELSE '' END, count(*),
        count(DISTINCT coalesce(user_id, visitor)) FROM events GROUP BY 1, 2""",
    """SELECT name, count(DISTINCT user_id), sum(json_extract(data, '$.action') = 'used') FROM events
    WHERE type = 'feature_usage' GROUP BY 1""",
    """SELECT user_id, sum(name = 'checkin_submitted'), sum(name = 'message_logged'),
        count(DISTINCT CASE WHEN type = 'feature_usage' THEN name END) FROM events WHERE user_id IS NOT NULL GROUP BY 1""",
    "SELECT user_id, sum(seconds) FROM visits GROUP BY 1",
    *(
        f"SELECT {column}, count(*) FROM visits GROUP BY 1 ORDER BY 2 DESC LIMIT 20"
        for column in ("referrer", "device_type", "browser")
    ),
    "SELECT path, count(*) FROM events WHERE type = 'page_view' GROUP BY 1 ORDER BY 2 DESC LIMIT 20",
    "SELECT at_ms, type, name FROM events ORDER BY at_ms DESC, id DESC LIMIT 20",
)


def fill() -> None:
    """Write the distinct events into a table with the indexes of an event store: by id, visitor, user, name and time."""
    files = str(database.parent / "part-*.parquet")
    rows = duckdb.sql(f"SELECT DISTINCT ON (id) {COLUMNS} FROM read_parquet('{files}')")
    assert rows is not None, "a query has rows"
    with sqlite3.connect(database) as connection:
        connection.execute(f"CREATE TABLE events ({COLUMNS}, PRIMARY KEY (id))")
        connection.executemany(f"INSERT INTO events VALUES ({', '.join('?' * 13)})", rows.iter_rows(50_000))
        for columns in ("visitor, at_ms", "user_id, at_ms", "name", "at_ms"):
            connection.execute(f"CREATE INDEX by_{columns.partition(',')[0]} ON events ({columns})")


def compute() -> None:
    """Select every number."""
    with sqlite3.connect(database) as connection:
        for step in STEPS:
            connection.execute(step)
        [row] = connection.execute("SELECT count(*), sum(seconds), sum(is_bounce) FROM visits").fetchall()
        assert row[0] == int(sys.argv[2])
        for query in QUERIES:
            connection.execute(query).fetchall()


if len(sys.argv) > 2:
    report(compute)
else:
    fill()
