"""Run a funnel as `analytics-run_report` does, without S3: `python funnel_ours.py FOLDER ORDER REACHED`."""

import sys
from datetime import date
from pathlib import Path

from chalicelib.analytics.domain.reports.funnel_sql import funnel_query
from chalicelib.analytics.domain.reports.questions import EventFilter, FunnelQuestion
from chalicelib.analytics.domain.reports.results import funnel_result
from chalicelib.analytics.domain.reports.source_sql import Source
from chalicelib.analytics.enums import FunnelOrder
from chalicelib.analytics.service.report_database import query_files
from infra.bench.subjects.measure import report

TENANT, DAY = "store:1", date(2026, 3, 28)
STEPS = {"ordered": ("page_view", "name_6", "name_9"), "strict": ("name_6", "name_7", "name_8")}
folder, order, reached = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])


def compute() -> None:
    """Answer the question from the day's file."""
    steps = tuple(EventFilter(name) for name in STEPS[order])
    question = FunnelQuestion(steps, FunnelOrder(order), 14 * 86_400, DAY, DAY)
    query = funnel_query(question, Source(TENANT, *question.days, has_copies=False))
    rows = query_files(TENANT, query, [(folder / "day.parquet").read_bytes()], None)
    assert funnel_result(question, rows)[-1].reached == reached


report(compute)
