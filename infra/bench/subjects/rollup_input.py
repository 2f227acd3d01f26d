"""Write the parts of a day: `python rollup_input.py FOLDER EVENTS`. One in a hundred events arrives twice.

Each visit has ten events; each visitor comes twice, in the morning and in the afternoon; a third of the visits have a user.
"""

import sys
from datetime import date
from pathlib import Path

import duckdb

PARTS = 8
DAY = date(2026, 3, 28)
START_MS = 1_774_656_000_000
"""The start of the day, in UTC."""

EVENTS = f"""
SELECT CAST(CAST(md5(CAST(i AS VARCHAR)) AS UUID) AS VARCHAR) AS id,
    CASE WHEN i % 10 < 6 THEN 'page_view' WHEN i % 10 < 8 THEN 'user_action' WHEN i % 10 = 8 THEN 'feature_usage'
        ELSE 'conversion' END AS type,
    CASE WHEN i % 10 < 6 THEN 'page_view' ELSE 'name_' || (i % 70) END AS name,
    CAST(0 AS BIGINT) AS version,
    {START_MS} + 3600000 + if(visit < half, 0, 39600000) + (visit * 7919 % 36000) * 1000 + (i % 10) * 60000 AS at_ms,
    at_ms + 500 AS received_ms, DATE '{DAY}' AS day, 'UTC' AS time_zone,
    if(visit % 3 = 0, 'user-' || (visit % half), NULL) AS user_id, CAST(NULL AS VARCHAR) AS session_id,
    md5('visitor' || (visit % half)) AS visitor, CAST(NULL AS VARCHAR) AS visitor_before, 'browser' AS source,
    '/products/' || (i * 31 % 500) AS path, if(i % 10 = 0, 'https://www.google.com/', NULL) AS referrer,
    CAST(NULL AS VARCHAR) AS utm, 'mobile' AS device_type, 'Chrome Mobile' AS browser, md5(CAST(visit AS VARCHAR)) AS ip_hash,
    if(i % 10 < 8, NULL, '{{"action":"used","plan":"b"}}') AS data, CAST(NULL AS DECIMAL(38, 10)) AS value,
    CAST(NULL AS VARCHAR) AS currency
FROM (SELECT i, i // 10 AS visit, getvariable('visits') // 2 AS half FROM range(getvariable('visits') * 10) numbers(i))
"""


def main(folder: str, events: str) -> None:
    """Write the parts and a last one with the repeated events."""
    with duckdb.connect() as connection:
        connection.execute("SET VARIABLE visits = ?", [int(events) // 10])
        connection.execute(f"CREATE TABLE events AS {EVENTS}")
        for part in range(PARTS + 1):
            chosen = f"hash(id) % {PARTS} = {part}" if part < PARTS else "hash(id) % 100 = 0"
            path = Path(folder) / f"part-{part}.parquet"
            connection.execute(f"COPY (FROM events WHERE {chosen}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


if __name__ == "__main__":
    main(*sys.argv[1:])
