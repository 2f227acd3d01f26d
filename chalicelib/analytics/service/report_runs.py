"""The run of a report: by DuckDB, or by Athena in steps."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from chalicelib.analytics.domain.event_moments import local_day
from chalicelib.analytics.domain.reports.funnel_sql import funnel_query
from chalicelib.analytics.domain.reports.questions import FunnelQuestion, Question, RetentionQuestion
from chalicelib.analytics.domain.reports.results import Row, funnel_result, retention_result
from chalicelib.analytics.domain.reports.retention_sql import retention_query
from chalicelib.analytics.domain.reports.source_sql import Source
from chalicelib.analytics.enums import ReportEngine, ReportStatus
from chalicelib.analytics.models import Report
from chalicelib.analytics.repository import reports
from chalicelib.analytics.schemas.reports import (
    ReportCreate,
    ReportRequested,
    ReportResult,
    RetentionRowRead,
    StepRead,
)
from chalicelib.analytics.service import report_database, report_files, site_cache
from chalicelib.analytics.service.report_files import DayFiles
from chalicelib.integrations import athena, storage
from chalicelib.integrations.athena import QueryFailed, QueryState
from chalicelib.kit import clock, config, logs, messages

MAX_DUCKDB_BYTES = 1_000_000_000
"""The largest size of days that DuckDB reads; more are read by Athena."""
MAX_RESULT_BYTES = 4_096
"""A larger result is an object in S3."""
POLL_SECONDS = 10
MAX_RUN_TIME = timedelta(hours=1)
"""Athena itself cancels a query after 30 minutes."""

log = logs.logger("analytics")


def run_report(tenant: str, report_id: str) -> None:
    """Run a pending report, or look at its query in Athena. Does nothing if the report is finished or expired."""
    row = reports.find(tenant, report_id)
    if row is None or row.status in (ReportStatus.COMPLETED, ReportStatus.FAILED):
        return
    question = ReportCreate.model_validate(row.question).to_question()
    try:
        if row.athena_execution:
            _look_at(row, question, row.athena_execution)
            return
        files = report_files.of_tenant(tenant, *question.days)
        if files.byte_count > MAX_DUCKDB_BYTES:
            _start(row, question)
        else:
            rows = query_days(question, files)
            _complete(row, ReportEngine.DUCKDB, _result(question, rows, _today(tenant)))
    except QueryFailed as error:
        log.warning("report failed", extra={"report": report_id})
        reports.mark_failed(row, str(error))


def query_days(question: Question, files: DayFiles, *, by_day: bool = False) -> Sequence[Row]:
    """Return the rows of a question's query, run by DuckDB. `by_day`: a funnel for each entry day."""
    firsts = files.firsts() if isinstance(question, RetentionQuestion) else None
    source = Source(files.tenant, *question.days, has_copies=files.has_parts)
    query = _query(question, source, by_day=by_day)
    return report_database.query_files(files.tenant, query, files.iterate_contents(), firsts)


def _query(question: Question, source: Source, *, by_day: bool = False) -> str:
    if isinstance(question, FunnelQuestion):
        return funnel_query(question, source, by_day=by_day)
    return retention_query(question, source)


def _start(row: Report, question: Question) -> None:
    """Start the query in Athena. Parts may arrive while it runs, so that it always removes copies."""
    output = storage.address(config.settings().images_bucket, "payloads/analytics/athena/")
    token = hashlib.sha256(f"{row.tenant} {row.report_id} {clock.iso(row.created_at)}".encode()).hexdigest()
    query = _query(question, Source(row.tenant, *question.days, has_copies=True))
    execution = athena.start_query(query, output, token)
    reports.mark_running(row, execution)
    _look_later(row)


def _look_at(row: Report, question: Question, execution: str) -> None:
    """Store the result of a query that ended. Raises QueryFailed if it failed, or did not end in time."""
    if athena.query_state(execution) is QueryState.SUCCEEDED:
        result = _result(question, athena.iterate_rows(execution), _today(row.tenant))
        _complete(row, ReportEngine.ATHENA, result)
    elif clock.now() - row.created_at > MAX_RUN_TIME:
        raise QueryFailed("the query did not end in time")
    else:
        _look_later(row)


def _look_later(row: Report) -> None:
    messages.publish(ReportRequested(tenant=row.tenant, report_id=row.report_id), delay_seconds=POLL_SECONDS)


def _result(question: Question, rows: Iterable[Row], today: date) -> ReportResult:
    if isinstance(question, FunnelQuestion):
        return ReportResult(steps=[StepRead(**asdict(step)) for step in funnel_result(question, rows)])
    return ReportResult(rows=[RetentionRowRead(**asdict(row)) for row in retention_result(question, rows, today)])


def _complete(row: Report, engine: ReportEngine, result: ReportResult) -> None:
    document = result.model_dump_json(exclude_none=False)
    content: Any = json.loads(document)
    if len(document.encode()) > MAX_RESULT_BYTES:
        url = storage.address(config.settings().images_bucket, f"payloads/analytics/reports/{row.report_id}.json")
        storage.put(url, document.encode(), "application/json")
        content = {"stored_at": url}
    reports.mark_completed(row, engine, content)


def _today(tenant: str) -> date:
    return local_day(clock.now(), site_cache.site_of(tenant).time_zone)
