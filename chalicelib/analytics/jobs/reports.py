"""Reports, by DuckDB or Athena."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.analytics.schemas.reports import ReportRequested
from chalicelib.analytics.service import report_runs
from chalicelib.kit.jobs import consumes

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="analytics-run_report", batch_size=1, name="analytics-run_report")
# maximum_concurrency: a person waits; one report takes minutes
@consumes(ReportRequested, layer="duckdb", maximum_concurrency=5, reports_errors=False)
def run_report(message: ReportRequested) -> None:
    """Run a report, or look at its query in Athena."""
    report_runs.run_report(message.tenant, message.report_id)
