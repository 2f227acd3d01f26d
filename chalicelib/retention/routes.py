"""Privacy requests (erasure, export), retention rules and their runs for operators; exports for members."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.auth import Account, Role, accepts, operator, support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, ShortListQuery
from chalicelib.retention.models import PrivacyKind
from chalicelib.retention.schemas import (
    ExportLinkRead,
    MemberExportRead,
    PrivacyRequestCreate,
    PrivacyRequestRead,
    PrivacyRequestsQuery,
    RuleRead,
    RuleRunRead,
    RuleRunsQuery,
)
from chalicelib.retention.service import member_exports, privacy_requests
from chalicelib.retention.service import operator as operator_service

bp = Blueprint(__name__)
member = accepts(Role.MEMBER)


@bp.route("/v1/retention/exports", methods=["POST"])
@endpoint(bp, auth=member, returns=MemberExportRead, status=202, idempotent="claimed")
def request_export(call: ApiRequest[Account]) -> MemberExportRead:
    """Request an export of the caller's data, at most three a day."""
    return member_exports.request_export(call.principal)


@bp.route("/v1/retention/exports", methods=["GET"])
@endpoint(bp, auth=member, query=ShortListQuery, returns=Page[MemberExportRead])
def list_exports(call: ApiRequest[Account, None, ShortListQuery]) -> PageResult[MemberExportRead]:
    """List the caller's latest exports, the newest first, with links to those that can be downloaded."""
    return member_exports.list_exports(call.principal, call.page)


@bp.route("/v1/operator/privacy-requests", methods=["POST"])
@endpoint(bp, auth=operator, body=PrivacyRequestCreate, returns=PrivacyRequestRead, status=202, idempotent="claimed")
def begin_request(call: ApiRequest[Account, PrivacyRequestCreate]) -> PrivacyRequestRead:
    """Request the erasure or the export of a subject."""
    return privacy_requests.begin_request(call.principal, PrivacyKind(call.body.kind), call.body.subject)


@bp.route("/v1/operator/privacy-requests", methods=["GET"])
@endpoint(bp, auth=support, query=PrivacyRequestsQuery, returns=Page[PrivacyRequestRead])
def list_requests(call: ApiRequest[Account, None, PrivacyRequestsQuery]) -> PageResult[PrivacyRequestRead]:
    """List requests with a status, the earliest due date first; with `subject`, all requests about it."""
    return privacy_requests.list_requests(call.query.status, call.query.subject, call.page)


@bp.route("/v1/operator/privacy-requests/{request_id}", methods=["GET"])
@endpoint(bp, auth=support, returns=PrivacyRequestRead)
def read_request(call: ApiRequest[Account], request_id: str) -> PrivacyRequestRead:
    """Get a request with its progress, and with its report once it is completed."""
    return privacy_requests.read_request(request_id)


@bp.route("/v1/operator/privacy-requests/{request_id}/link", methods=["POST"])
@endpoint(bp, auth=operator, returns=ExportLinkRead)
def link_export(call: ApiRequest[Account], request_id: str) -> ExportLinkRead:
    """Create a link to a completed export, valid for 15 minutes."""
    return privacy_requests.create_export_link(call.principal, request_id)


@bp.route("/v1/operator/retention-rules", methods=["GET"])
@endpoint(bp, auth=support, query=ShortListQuery, returns=Page[RuleRead])
def list_rules(call: ApiRequest[Account, None, ShortListQuery]) -> PageResult[RuleRead]:
    """List all retention rules with their latest runs."""
    return operator_service.list_rules(call.page)


@bp.route("/v1/operator/retention-runs", methods=["GET"])
@endpoint(bp, auth=support, query=RuleRunsQuery, returns=Page[RuleRunRead])
def list_runs(call: ApiRequest[Account, None, RuleRunsQuery]) -> PageResult[RuleRunRead]:
    """List the runs of a rule, newest first. Runs are kept for a year."""
    return operator_service.list_runs(call.query.rule, call.page)
