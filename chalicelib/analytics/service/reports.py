"""Reports: questions about the events of a site, answered by DuckDB or Athena, stored by question and data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from chalicelib.analytics.domain.event_moments import local_day
from chalicelib.analytics.domain.reports.questions import FunnelQuestion, Question
from chalicelib.analytics.enums import ReportKind, ReportStatus
from chalicelib.analytics.models import EventDay, Report
from chalicelib.analytics.repository import event_days, reports
from chalicelib.analytics.schemas.reports import (
    ReportCreate,
    ReportRead,
    ReportRequested,
    ReportResult,
    ReportSummary,
)
from chalicelib.analytics.service import site_cache
from chalicelib.integrations import storage
from chalicelib.kit import clock, logs, messages

MAX_DUCKDB_BYTES = 1_000_000_000
"""The largest size of days that DuckDB reads; more are read by Athena."""
MAX_RESULT_BYTES = 4_096
"""A larger result is an object in S3."""
POLL_SECONDS = 10
MAX_RUN_TIME = timedelta(hours=1)
"""Athena itself cancels a query after 30 minutes."""

log = logs.logger("analytics")


def request_report(tenant: str, body: ReportCreate) -> ReportSummary:
    """Return the report of a question: the stored one if its days are unchanged, else a new one that is run soon.

    A failed report is run again.
    """
    now, question = clock.now(), body.to_question()
    today = local_day(now, site_cache.site_of(tenant).time_zone)
    days = event_days.list_by_tenant(tenant, *question.days)
    report_id = _report_id(body, question, days, today)
    row = Report(
        tenant,
        report_id,
        kind=ReportKind(body.root.kind),
        question=body.as_json(),
        status=ReportStatus.PENDING,
        created_at=now,
        expires_epoch=now + Report.KEEP,
    )
    if not reports.add_pending(row):
        row = reports.find(tenant, report_id) or row
    if row.status is ReportStatus.PENDING:  # a crash before the message leaves the row
        messages.publish(ReportRequested(tenant=tenant, report_id=report_id))
    return ReportSummary(id=report_id, status=row.status)


def get_report(tenant: str, report_id: str) -> ReportRead:
    """Return a report and its result. Raises ReportNotFound."""
    row = reports.get(tenant, report_id)
    return ReportRead(
        id=report_id,
        status=row.status,
        kind=row.kind,
        question=row.question,
        engine=row.engine,
        result=None if row.result is None else ReportResult.model_validate(_loaded(row.result)),
        error=row.error,
        created_at=row.created_at,
        completed_at=row.completed_at,
    )


def _report_id(body: ReportCreate, question: Question, days: Iterable[EventDay], today: date) -> str:
    """Return the hash of the question and the generations of its days.

    Retention depends on the date, too, until its range is over.
    """
    known = (
        "" if isinstance(question, FunnelQuestion) else min(question.last_day + timedelta(days=32), today).isoformat()
    )
    facts = [body.as_json(), [[day.day.isoformat(), day.generation] for day in days], known]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:40]


def _loaded(content: dict[str, Any]) -> Any:
    url = content.get("stored_at")
    return json.loads(storage.get(url)) if url else content
