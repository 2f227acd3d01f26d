"""`/v1/platform/stores/{store_id}/backups` and `…/restore`: backups of a store."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.kit.audit import publish_operator_action
from chalicelib.kit.auth import Account, Role, owner_or_operator, owner_or_support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery
from chalicelib.platform.domain.audit import Change
from chalicelib.platform.schemas.backups import BackupRead, RestoreInput
from chalicelib.platform.schemas.provisioning import JobAccepted
from chalicelib.platform.service import audit
from chalicelib.platform.service.backups import requests, restores
from chalicelib.platform.service.store_access import get_accessible_store

bp = Blueprint(__name__)


@bp.route("/v1/platform/stores/{store_id}/backups", methods=["GET"])
@endpoint(bp, auth=owner_or_support, query=PageQuery, returns=Page[BackupRead])
def list_backups(call: ApiRequest[Account, None, PageQuery], store_id: str) -> PageResult[BackupRead]:
    """List the backups of the last 30 days, newest first, each with a link. A page may hold fewer than its limit.

    A link gives all rows of the store: support gets none, and an operator's access is audited.
    """
    store = get_accessible_store(call.principal, store_id)
    role = call.principal.role
    result = requests.list_backups(store.id, call.page, has_links=role is not Role.SUPPORT)
    if role is not Role.OWNER:
        publish_operator_action(call.principal, "platform.list_backups", f"store:{store.id}")
    return result


@bp.route("/v1/platform/stores/{store_id}/backups", methods=["POST"])
@endpoint(bp, auth=owner_or_operator, returns=JobAccepted, status=202)
def back_up_store(call: ApiRequest[Account], store_id: str) -> JobAccepted | Response:
    """Start the job that backs the store up. If a job is in progress, return it with 200."""
    store = get_accessible_store(call.principal, store_id)
    result, is_new = requests.request_backup(store, call.principal.subject)
    if is_new:
        change = Change(store.id, "platform.back_up_store", f"job:{result.job_id}")
        audit.publish_change(call.principal, change, call.credentials.source_ip)
        return result
    return Response(result.model_dump_json(), {"Content-Type": "application/json"}, 200)


@bp.route("/v1/platform/stores/{store_id}/restore", methods=["POST"])
@endpoint(bp, auth=owner_or_operator, body=RestoreInput, returns=JobAccepted, status=202)
def restore_store(call: ApiRequest[Account, RestoreInput], store_id: str) -> JobAccepted | Response:
    """Start the job that restores a backup into a new place, to which the store is then switched.

    The old place stays 7 days. Changes since the backup are not in the new place. If a job is in progress, return it
    with 200.
    """
    store = get_accessible_store(call.principal, store_id)
    result, is_new = restores.request_restore(store, call.body, call.principal.subject)
    if is_new:
        change = Change(store.id, "platform.restore_store", f"job:{result.job_id}", after={"backup": call.body.backup})
        audit.publish_change(call.principal, change, call.credentials.source_ip)
        return result
    return Response(result.model_dump_json(), {"Content-Type": "application/json"}, 200)
