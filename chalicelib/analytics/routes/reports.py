"""`/v1/analytics/sites/{tenant}/reports…`: questions about the events of a site."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.analytics.routes.auth import manager, reader
from chalicelib.analytics.schemas.reports import ReportCreate, ReportRead, ReportSummary
from chalicelib.analytics.service import reports
from chalicelib.kit.auth import Account
from chalicelib.kit.http import ApiRequest, endpoint

bp = Blueprint(__name__)


@bp.route("/v1/analytics/sites/{tenant}/reports", methods=["POST"])
@endpoint(bp, auth=manager, body=ReportCreate, returns=ReportSummary, status=202)
def create_report(call: ApiRequest[Account, ReportCreate], tenant: str) -> ReportSummary:
    """Ask a question. The same question about unchanged days is the same report; a failed one is run again."""
    return reports.request_report(tenant, call.body)


@bp.route("/v1/analytics/sites/{tenant}/reports/{report_id}", methods=["GET"])
@endpoint(bp, auth=reader, returns=ReportRead)
def get_report(call: ApiRequest[Account], tenant: str, report_id: str) -> ReportRead:
    """Return a report and, once it is completed, its result. Reports are deleted after seven days."""
    return reports.get_report(tenant, report_id)
