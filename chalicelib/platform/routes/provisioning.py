"""`/v1/platform/stores/{store_id}/provision…`: the job that creates a store's database; `/v1/operator/platform/jobs`."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.kit.auth import Account, owner_or_operator, owner_or_support, support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery
from chalicelib.platform.domain.audit import Change
from chalicelib.platform.schemas.databases import DatabaseInput
from chalicelib.platform.schemas.provisioning import JobAccepted, JobQuery, JobRead, JobStatusRead, StoreJobRead
from chalicelib.platform.service import audit, provisioning
from chalicelib.platform.service.store_access import get_accessible_store

bp = Blueprint(__name__)


@bp.route("/v1/platform/stores/{store_id}/provision", methods=["POST"])
@endpoint(bp, auth=owner_or_operator, body=DatabaseInput, returns=JobAccepted, status=202)
def provision_store(call: ApiRequest[Account, DatabaseInput], store_id: str) -> JobAccepted | Response:
    """Start the job that creates the store's database. If a job is in progress, return it with 200."""
    store = get_accessible_store(call.principal, store_id)
    result, is_new = provisioning.request_provisioning(store, call.body.database, call.principal.subject)
    if is_new:
        change = Change(
            store.id, "platform.provision_store", f"job:{result.job_id}", after={"type": call.body.database.type}
        )
        audit.publish_change(call.principal, change, call.credentials.source_ip)
        return result
    return Response(result.model_dump_json(), {"Content-Type": "application/json"}, 200)


@bp.route("/v1/platform/stores/{store_id}/provision", methods=["GET"])
@endpoint(bp, auth=owner_or_support, query=PageQuery, returns=Page[StoreJobRead])
def list_store_jobs(call: ApiRequest[Account, None, PageQuery], store_id: str) -> PageResult[StoreJobRead]:
    """List the jobs of a store, newest first."""
    store = get_accessible_store(call.principal, store_id)
    return provisioning.list_store_jobs(store.id, call.page)


@bp.route("/v1/platform/stores/{store_id}/provision/{job_id}/status", methods=["GET"])
@endpoint(bp, auth=owner_or_support, returns=JobStatusRead)
def get_provisioning_status(call: ApiRequest[Account], store_id: str, job_id: str) -> JobStatusRead:
    """Return the progress of a job, in percent, and why it failed."""
    store = get_accessible_store(call.principal, store_id)
    return provisioning.get_job_status(store.id, job_id)


@bp.route("/v1/platform/stores/{store_id}/provision/{job_id}/retry", methods=["POST"])
@endpoint(bp, auth=owner_or_operator, returns=JobAccepted, status=202)
def retry_provisioning(call: ApiRequest[Account], store_id: str, job_id: str) -> JobAccepted:
    """Start a failed job again, within 24 hours of its failure. Tables that it created are kept."""
    store = get_accessible_store(call.principal, store_id)
    result = provisioning.retry_job(store, job_id)
    change = Change(store.id, "platform.retry_job", f"job:{job_id}")
    audit.publish_change(call.principal, change, call.credentials.source_ip)
    return result


@bp.route("/v1/platform/stores/{store_id}/provision/{job_id}/cancel", methods=["POST"])
@endpoint(bp, auth=owner_or_operator, returns=JobAccepted, status=202)
def cancel_provisioning(call: ApiRequest[Account], store_id: str, job_id: str) -> JobAccepted:
    """End a job and drop the empty tables that it created. What existed before is not changed."""
    store = get_accessible_store(call.principal, store_id)
    result = provisioning.cancel_job(store.id, job_id)
    change = Change(store.id, "platform.cancel_job", f"job:{job_id}")
    audit.publish_change(call.principal, change, call.credentials.source_ip)
    return result


@bp.route("/v1/operator/platform/jobs", methods=["GET"])
@endpoint(bp, auth=support, query=JobQuery, returns=Page[JobRead])
def list_jobs(call: ApiRequest[Account, None, JobQuery]) -> PageResult[JobRead]:
    """List the jobs in progress, the longest without a worker first, or the failed ones."""
    return provisioning.list_jobs(call.query, call.page)
