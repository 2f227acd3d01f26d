"""`/v1/analytics/sites/{tenant}/errors…`: the unresolved errors of a site."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.analytics.errors import ErrorGroupNotFound
from chalicelib.analytics.routes.auth import manager, reader
from chalicelib.analytics.schemas.error_logs import ErrorAction, ErrorGroupRead, ErrorQuery
from chalicelib.analytics.service import error_logs
from chalicelib.kit import audit
from chalicelib.kit.auth import Account, Role
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page

bp = Blueprint(__name__)


@bp.route("/v1/analytics/sites/{tenant}/errors", methods=["GET"])
@endpoint(bp, auth=reader, query=ErrorQuery, returns=Page[ErrorGroupRead])
def list_errors(call: ApiRequest[Account, None, ErrorQuery], tenant: str) -> PageResult[ErrorGroupRead]:
    """List the unresolved groups of errors of one severity, the latest error first."""
    return error_logs.list_errors(tenant, call.query.severity, call.page)


@bp.route("/v1/analytics/sites/{tenant}/errors/{error_id}", methods=["POST"])
@endpoint(bp, auth=manager, body=ErrorAction, returns=ErrorGroupRead, errors=(ErrorGroupNotFound,))
def change_error(call: ApiRequest[Account, ErrorAction], tenant: str, error_id: str) -> ErrorGroupRead:
    """Resolve a group of errors. A later error reopens it."""
    group = error_logs.resolve_error(tenant, error_id, call.principal.subject)
    if call.principal.role is Role.OPERATOR:
        audit.publish_operator_action(call.principal, "analytics.resolve_error", tenant, error_id=error_id)
    return group
