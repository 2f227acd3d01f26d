"""The audit log: of a store for its owner, and all of it for operators and support."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.auth import Account, owner_or_support, support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page
from chalicelib.platform.schemas.audit import AuditEntryRead, AuditQuery, OperatorAuditQuery
from chalicelib.platform.service import audit
from chalicelib.platform.service.store_access import get_accessible_store

bp = Blueprint(__name__)


@bp.route("/v1/platform/stores/{store_id}/audit", methods=["GET"])
@endpoint(bp, auth=owner_or_support, query=AuditQuery, returns=Page[AuditEntryRead])
def list_store_audit(call: ApiRequest[Account, None, AuditQuery], store_id: str) -> PageResult[AuditEntryRead]:
    """List the changes of a store by its owner and by operators, newest first."""
    store = get_accessible_store(call.principal, store_id)
    return audit.list_store_entries(store.id, call.query, call.page)


@bp.route("/v1/operator/platform/audit", methods=["GET"])
@endpoint(bp, auth=support, query=OperatorAuditQuery, returns=Page[AuditEntryRead])
def list_audit(call: ApiRequest[Account, None, OperatorAuditQuery]) -> PageResult[AuditEntryRead]:
    """List the audit log of a store, of the platform, or of an account in all of them, newest first."""
    return audit.list_all_entries(call.query, call.page)
