"""Write a day as its computation does, for funnels: `python funnel_input.py FOLDER EVENTS`."""

import sys
from pathlib import Path

import duckdb

from infra.bench.subjects.rollup_input import EVENTS


def main(folder: str, events: str) -> None:
    """Write `day.parquet`: the events of `rollup_input` with their persons, in order."""
    with duckdb.connect() as connection:
        connection.execute("SET VARIABLE visits = ?", [int(events) // 10])
        day = f"SELECT *, coalesce('u' || user_id, 'v' || visitor) AS person FROM ({EVENTS}) ORDER BY at_ms, id"
        connection.execute(f"COPY ({day}) TO '{Path(folder) / 'day.parquet'}' (FORMAT parquet, COMPRESSION zstd)")


if __name__ == "__main__":
    main(*sys.argv[1:])
