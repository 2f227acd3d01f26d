"""`/v1/operator/platform/stores…`: stores of all owners, and their suspension, for operators and support."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit import audit
from chalicelib.kit.auth import Account, operator, support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page
from chalicelib.platform.schemas.stores import StoreQuery, StoreRead, StoreSuspension
from chalicelib.platform.service import operator_stores, stores

bp = Blueprint(__name__)


@bp.route("/v1/operator/platform/stores", methods=["GET"])
@endpoint(bp, auth=support, query=StoreQuery, returns=Page[StoreRead])
def list_all_stores(call: ApiRequest[Account, None, StoreQuery]) -> PageResult[StoreRead]:
    """List the stores of an owner, with a slug, or whose database has a status: give one of the three."""
    return operator_stores.list_any_stores(call.query, call.page)


@bp.route("/v1/operator/platform/stores/{store_id}", methods=["GET"])
@endpoint(bp, auth=support, returns=StoreRead)
def get_any_store(call: ApiRequest[Account], store_id: str) -> StoreRead:
    """Return a store."""
    return stores.read_store(call.principal, store_id)


@bp.route("/v1/operator/platform/stores/{store_id}/suspend", methods=["POST"])
@endpoint(bp, auth=operator, body=StoreSuspension, returns=StoreRead)
def suspend_store(call: ApiRequest[Account, StoreSuspension], store_id: str) -> StoreRead:
    """Suspend a store: its next data call is refused with 403. Its database stays. Repeating it replaces the reason."""
    result = operator_stores.suspend_store(store_id, call.body.reason)
    audit.publish_operator_action(
        call.principal, "platform.suspend_store", f"store:{store_id}", reason=call.body.reason
    )
    return result


@bp.route("/v1/operator/platform/stores/{store_id}/reactivate", methods=["POST"])
@endpoint(bp, auth=operator, returns=StoreRead)
def reactivate_store(call: ApiRequest[Account], store_id: str) -> StoreRead:
    """End the suspension of a store. Repeating it changes nothing."""
    result = operator_stores.reactivate_store(store_id)
    audit.publish_operator_action(call.principal, "platform.reactivate_store", f"store:{store_id}")
    return result
