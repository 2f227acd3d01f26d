"""Compute a day as `analytics-compute_day` does, without S3 and DynamoDB: `python rollup_ours.py FOLDER VISITS`."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path

from chalicelib.analytics.service.day_database import DayOptions, open_day
from infra.bench.subjects.measure import report

folder, visits = Path(sys.argv[1]), int(sys.argv[2])


def compute() -> None:
    """Merge the parts, set every number, and make the new objects of the day and of first days."""
    options = DayOptions("store:1", date(2026, 3, 28), datetime(2026, 3, 30, tzinfo=UTC), {"name_8": "plan"})
    with open_day(options) as database:
        database.load(None, [path.read_bytes() for path in sorted(folder.glob("part-*.parquet"))])
        database.unite()
        database.place_visits(None, None)
        database.changed_neighbors()
        database.unite_firsts(None)
        database.firsts_file()
        database.day_file()
        assert database.traffic()["visits"] == visits
        for numbers in (database.event_counts(), database.features(), database.engagement(), database.partners()):
            list(numbers)
        database.top()
        database.recent()
        database.payments()


report(compute)
