"""Reports by tenant and id."""

from __future__ import annotations

from typing import Any

from chalicelib.analytics.enums import ReportEngine, ReportStatus
from chalicelib.analytics.errors import ReportNotFound
from chalicelib.analytics.models import Report
from chalicelib.kit import clock
from chalicelib.kit.tables import put_if, update_if

_OPEN = (ReportStatus.PENDING, ReportStatus.RUNNING)


def find(tenant: str, report_id: str) -> Report | None:
    """Return the report, read consistently; None if there is none or it has expired."""
    try:
        row = Report.get(tenant, report_id, consistent_read=True)
    except Report.DoesNotExist:
        return None
    return row if row.expires_epoch > clock.now() else None


def get(tenant: str, report_id: str) -> Report:
    """Return the report. Raises ReportNotFound."""
    row = find(tenant, report_id)
    if row is None:
        raise ReportNotFound
    return row


def add_pending(row: Report) -> bool:
    """Write a pending report, also over a failed or expired one. Returns False if there is another."""
    is_free = Report.tenant.does_not_exist() | (Report.status == ReportStatus.FAILED)
    return put_if(row, is_free | (Report.expires_epoch <= clock.now()))


def mark_running(row: Report, execution: str) -> None:
    """Store that Athena runs the query, unless the report is finished."""
    actions = [
        Report.status.set(ReportStatus.RUNNING),
        Report.engine.set(ReportEngine.ATHENA),
        Report.athena_execution.set(execution),
    ]
    update_if(row, actions, Report.status.is_in(*_OPEN))


def mark_completed(row: Report, engine: ReportEngine, result: Any) -> None:
    """Store the result, unless the report is finished."""
    actions = [
        Report.status.set(ReportStatus.COMPLETED),
        Report.engine.set(engine),
        Report.result.set(result),
        Report.completed_at.set(clock.now()),
    ]
    update_if(row, actions, Report.status.is_in(*_OPEN))


def mark_failed(row: Report, error: str) -> None:
    """Store why the report failed, unless it is finished."""
    actions = [
        Report.status.set(ReportStatus.FAILED),
        Report.error.set(error),
        Report.completed_at.set(clock.now()),
    ]
    update_if(row, actions, Report.status.is_in(*_OPEN))
