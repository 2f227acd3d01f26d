"""`/v1/operator/…`: who is to be erased or to be told what we hold and how far that is; how the clean-up of tables goes."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.auth import Account, operator
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page
from chalicelib.retention.models import PrivacyKind
from chalicelib.retention.schemas import (
    ExportLinkRead,
    PrivacyRequestCreate,
    PrivacyRequestRead,
    PrivacyRequestsQuery,
    RuleRead,
    RuleRunRead,
    RuleRunsQuery,
)
from chalicelib.retention.service import operating
from chalicelib.retention.service import operator as operator_service

bp = Blueprint(__name__)


@bp.route("/v1/operator/privacy-requests", methods=["POST"])
@endpoint(bp, auth=operator, body=PrivacyRequestCreate, returns=PrivacyRequestRead, status=202, idempotent="claimed")
def begin_request(call: ApiRequest[Account, PrivacyRequestCreate]) -> PrivacyRequestRead:
    """Have somebody erased, or what is held of them exported."""
    return operating.begin(call.principal, PrivacyKind(call.body.kind), call.body.subject)


@bp.route("/v1/operator/privacy-requests", methods=["GET"])
@endpoint(bp, auth=operator, query=PrivacyRequestsQuery, returns=Page[PrivacyRequestRead])
def list_requests(call: ApiRequest[Account, None, PrivacyRequestsQuery]) -> PageResult[PrivacyRequestRead]:
    """Requests of one status, the soonest due first; with `subject`, those about it."""
    return operating.list_requests(call.query.status, call.query.subject, call.page)


@bp.route("/v1/operator/privacy-requests/{request_id}", methods=["GET"])
@endpoint(bp, auth=operator, returns=PrivacyRequestRead)
def read_request(call: ApiRequest[Account], request_id: str) -> PrivacyRequestRead:
    """One request: how far it is, and its report once it is completed."""
    return operating.read_request(request_id)


@bp.route("/v1/operator/privacy-requests/{request_id}/link", methods=["POST"])
@endpoint(bp, auth=operator, returns=ExportLinkRead)
def link_export(call: ApiRequest[Account], request_id: str) -> ExportLinkRead:
    """A link to a completed export, good for 15 minutes."""
    return operating.link(call.principal, request_id)


@bp.route("/v1/operator/retention-rules", methods=["GET"])
@endpoint(bp, auth=operator, returns=Page[RuleRead])
def list_rules(call: ApiRequest[Account]) -> PageResult[RuleRead]:
    """Every rule of how long rows live, and how its newest run stands."""
    return operator_service.list_rules()


@bp.route("/v1/operator/retention-runs", methods=["GET"])
@endpoint(bp, auth=operator, query=RuleRunsQuery, returns=Page[RuleRunRead])
def list_runs(call: ApiRequest[Account, None, RuleRunsQuery]) -> PageResult[RuleRunRead]:
    """The runs of one rule, the newest first; they are kept for a year."""
    return operator_service.list_runs(call.query.rule, call.page)
