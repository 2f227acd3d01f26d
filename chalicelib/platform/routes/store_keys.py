"""`/v1/platform/stores/{store_id}/keys…`: keys with which the servers of a store call its data API."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.auth import Account, owner, owner_or_support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.platform.schemas.store_keys import StoreKeyCreate, StoreKeyCreated, StoreKeyList
from chalicelib.platform.service import store_keys

bp = Blueprint(__name__)


@bp.route("/v1/platform/stores/{store_id}/keys", methods=["GET"])
@endpoint(bp, auth=owner_or_support, returns=StoreKeyList)
def list_store_keys(call: ApiRequest[Account], store_id: str) -> StoreKeyList:
    """List the keys of a store, without their secrets."""
    return store_keys.list_keys(call.principal, store_id)


@bp.route("/v1/platform/stores/{store_id}/keys", methods=["POST"])
@endpoint(bp, auth=owner, body=StoreKeyCreate, returns=StoreKeyCreated, status=201, idempotent="joined")
def create_store_key(call: ApiRequest[Account, StoreKeyCreate], store_id: str) -> StoreKeyCreated:
    """Create a key, which is shown once. `catalogue` reads all but customers, orders and discounts. At most ten keys."""
    return store_keys.create_key(call.principal, store_id, call.body, call.idempotency, call.credentials.source_ip)


@bp.route("/v1/platform/stores/{store_id}/keys/{key_id}", methods=["DELETE"])
@endpoint(bp, auth=owner, status=204)
def revoke_store_key(call: ApiRequest[Account], store_id: str, key_id: str) -> None:
    """Revoke a key: its next call is refused."""
    store_keys.revoke_key(call.principal, store_id, key_id, call.credentials.source_ip)
