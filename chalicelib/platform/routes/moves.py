"""`/v1/platform/stores/{store_id}/move`: the job that moves a store to another database."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.kit.auth import Account, owner_or_operator
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.platform.domain.audit import Change
from chalicelib.platform.schemas.moves import MoveInput
from chalicelib.platform.schemas.provisioning import JobAccepted
from chalicelib.platform.service import audit
from chalicelib.platform.service.moves import requests
from chalicelib.platform.service.store_access import get_accessible_store

bp = Blueprint(__name__)


@bp.route("/v1/platform/stores/{store_id}/move", methods=["POST"])
@endpoint(bp, auth=owner_or_operator, body=MoveInput, returns=JobAccepted, status=202)
def move_store(call: ApiRequest[Account, MoveInput], store_id: str) -> JobAccepted | Response:
    """Start the job that moves the store's rows to another database. If a job is in progress, return it with 200.

    The store works while its rows are copied. Then changes are answered with 503 until both databases are proven equal
    and the store is switched. The old database stays for 7 days. With `from`, a store without a database takes over its
    rows from a legacy database whose tables several stores share.
    """
    store = get_accessible_store(call.principal, store_id)
    result, is_new = requests.request_move(store, call.body, call.principal.subject)
    if is_new:
        change = Change(
            store.id, "platform.move_store", f"job:{result.job_id}", after={"type": call.body.database.type}
        )
        audit.publish_change(call.principal, change, call.credentials.source_ip)
        return result
    return Response(result.model_dump_json(), {"Content-Type": "application/json"}, 200)
