"""Compute the same numbers by plain SQL of DuckDB over the same files: `python rollup_bare.py FOLDER VISITS`.

There is one time zone, no neighbor and no former computation. The united events are stored in one file, in order.
"""

import sys
from pathlib import Path

import duckdb

from infra.bench.subjects.measure import report

folder, visits = Path(sys.argv[1]), int(sys.argv[2])

STEPS = (
    """CREATE TABLE events AS SELECT * FROM read_parquet(getvariable('files'))
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY version DESC, received_ms) = 1""",
    """CREATE TABLE placed AS SELECT *, sum(is_new) OVER (PARTITION BY person ORDER BY at_ms, id) AS visit FROM (
        SELECT *, coalesce(session_id, visitor, user_id) AS person, CAST(coalesce(
            at_ms - lag(at_ms) OVER (PARTITION BY coalesce(session_id, visitor, user_id) ORDER BY at_ms, id) > 1800000, true
        ) AS INTEGER) AS is_new FROM events)""",
    """CREATE TABLE visits AS SELECT person, visit, min(at_ms) AS started, (max(at_ms) - min(at_ms)) // 1000 AS seconds,
        count(*) = 1 AS is_bounce, min(user_id) AS user_id, arg_min(path, at_ms) FILTER (type = 'page_view') AS entry_page,
        arg_max(path, at_ms) FILTER (type = 'page_view') AS exit_page, arg_min(referrer, at_ms) AS referrer,
        arg_min(device_type, at_ms) AS device_type, arg_min(browser, at_ms) AS browser
    FROM placed GROUP BY person, visit""",
    """CREATE TABLE firsts AS SELECT name, user_id, min(day) AS first_day FROM events WHERE user_id IS NOT NULL
    GROUP BY name, user_id""",
)
QUERIES = (
    """SELECT count(DISTINCT coalesce(user_id, person)), count(DISTINCT user_id), count(*) FILTER (type = 'page_view'), count(*)
    FROM placed""",
    "SELECT count(DISTINCT user_id) FROM firsts",
    """SELECT name, if(name = 'name_8', json_extract_string(data, '$.plan'), '') AS value, count(*),
        count(DISTINCT coalesce(user_id, person)) FROM placed GROUP BY 1, 2""",
    """SELECT name, count(DISTINCT user_id), count(*) FILTER (json_extract_string(data, '$.action') = 'used'),
        sum(CAST(json_extract_string(data, '$.duration_seconds') AS INTEGER)) FROM placed WHERE type = 'feature_usage' GROUP BY 1""",
    """SELECT user_id, count(*) FILTER (name = 'checkin_submitted'), count(*) FILTER (name = 'message_logged'),
        count(DISTINCT name) FILTER (type = 'feature_usage'), any_value(seconds)
    FROM events JOIN (SELECT user_id, sum(seconds) AS seconds FROM visits GROUP BY 1) USING (user_id) GROUP BY 1""",
    *(
        f"SELECT {column}, count(*) FROM visits GROUP BY 1 ORDER BY 2 DESC LIMIT 20"
        for column in ("entry_page", "exit_page", "referrer", "device_type", "browser")
    ),
    "SELECT path, count(*) FROM events WHERE type = 'page_view' GROUP BY 1 ORDER BY 2 DESC LIMIT 20",
    "SELECT at_ms, type, name FROM events ORDER BY at_ms DESC, id DESC LIMIT 20",
)


def compute() -> None:
    """Merge the parts, select every number, and write the files of the day and of first days."""
    with duckdb.connect() as connection:
        connection.execute("SET VARIABLE files = ?", [[str(path) for path in folder.glob("part-*.parquet")]])
        for step in STEPS:
            connection.execute(step)
        [row] = connection.execute("SELECT count(*), sum(seconds), count(*) FILTER (is_bounce) FROM visits").fetchall()
        assert row[0] == visits
        for query in QUERIES:
            connection.execute(query).fetchall()
        for table, order in (("events", "at_ms, id"), ("firsts", "user_id, name")):
            target = folder / f"bare-{table}.parquet"
            connection.execute(f"COPY (FROM {table} ORDER BY {order}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
            target.unlink()


report(compute)
