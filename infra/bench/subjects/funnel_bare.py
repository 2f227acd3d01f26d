"""Run the same funnel by plain SQL of DuckDB over the same file: `python funnel_bare.py FOLDER ORDER REACHED`."""

import sys
from pathlib import Path

import duckdb

from infra.bench.subjects.measure import report

folder, order, reached = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

_LATER = "(PARTITION BY person ORDER BY at_ms, id ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)"
ATTEMPTS = {
    "ordered": f"""
    WITH events AS (SELECT person, id, at_ms, name FROM files WHERE name IN ('page_view', 'name_6', 'name_9')),
    third AS (SELECT *, min(if(name = 'name_9', at_ms, NULL)) OVER {_LATER} AS t3 FROM events)
    SELECT person, name, at_ms AS t1, min(if(name = 'name_6', at_ms, NULL)) OVER {_LATER} AS t2,
        min(if(name = 'name_6', t3, NULL)) OVER {_LATER} AS t3 FROM third QUALIFY name = 'page_view'
    """,
    "strict": """
    SELECT person, name, at_ms AS t1, if(lead(name) OVER w = 'name_7', lead(at_ms) OVER w, NULL) AS t2,
        if(lead(name, 2) OVER w = 'name_8', lead(at_ms, 2) OVER w, NULL) AS t3 FROM files
    WINDOW w AS (PARTITION BY person ORDER BY at_ms, id) QUALIFY name = 'name_6'
    """,
}
FUNNEL = """
WITH reaching AS (
    SELECT *, CASE WHEN t2 IS NULL OR t2 - t1 > 1209600000 THEN 1 WHEN t3 IS NULL OR t3 - t1 > 1209600000 THEN 2 ELSE 3 END
        AS reach FROM attempts
),
best AS (SELECT * FROM reaching QUALIFY row_number() OVER (PARTITION BY person ORDER BY reach DESC, t1) = 1)
SELECT count(*), count(*) FILTER (reach >= 2), count(*) FILTER (reach = 3),
    avg(t2 - t1) FILTER (reach >= 2), median(t2 - t1) FILTER (reach >= 2),
    avg(t3 - t2) FILTER (reach = 3), median(t3 - t2) FILTER (reach = 3)
FROM best
"""


def compute() -> None:
    """Count the persons of each step, and the times between the steps."""
    with duckdb.connect() as connection:
        files = f"SELECT * FROM read_parquet('{folder / 'day.parquet'}') WHERE type <> 'bot'"
        connection.execute(f"CREATE VIEW files AS {files}")
        connection.execute(f"CREATE VIEW attempts AS {ATTEMPTS[order]}")
        [row] = connection.execute(FUNNEL).fetchall()
        assert row[2] == reached


report(compute)
