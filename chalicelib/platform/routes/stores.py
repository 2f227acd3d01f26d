"""`/v1/platform/stores…`: an owner's stores."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.auth import Account, owner, owner_or_operator, owner_or_support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.http.etags import row_version
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery
from chalicelib.platform.schemas.stores import StoreCreate, StoreDeletion, StoreRead, StoreUpdate
from chalicelib.platform.service import store_deletion, stores

bp = Blueprint(__name__)


@bp.route("/v1/platform/stores", methods=["GET"])
@endpoint(bp, auth=owner, query=PageQuery, returns=Page[StoreRead])
def list_own_stores(call: ApiRequest[Account, None, PageQuery]) -> PageResult[StoreRead]:
    """List the owner's stores."""
    return stores.list_stores(call.principal, call.page)


@bp.route("/v1/platform/stores", methods=["POST"])
@endpoint(bp, auth=owner, body=StoreCreate, returns=StoreRead, status=201, idempotent="joined")
def create_store(call: ApiRequest[Account, StoreCreate]) -> StoreRead:
    """Create a store on the free plan. It has no database until it is provisioned. An owner has at most 100 stores."""
    return stores.create_store(call.principal, call.body, call.idempotency, call.credentials.source_ip)


@bp.route("/v1/platform/stores/{store_id}", methods=["GET"])
@endpoint(bp, auth=owner_or_support, returns=StoreRead, etag=row_version)
def get_store(call: ApiRequest[Account], store_id: str) -> StoreRead:
    """Return a store with its plan and usage, to its owner, operators and support."""
    return stores.read_store(call.principal, store_id)


@bp.route("/v1/platform/stores/{store_id}", methods=["PATCH"])
@endpoint(bp, auth=owner, body=StoreUpdate, returns=StoreRead, etag=row_version)
def change_store(call: ApiRequest[Account, StoreUpdate], store_id: str) -> StoreRead:
    """Change a store; omitted fields stay. A former slug becomes free for others after 90 days."""
    return stores.change_store(call.principal, store_id, call.body, call.if_match or "", call.credentials.source_ip)


@bp.route("/v1/platform/stores/{store_id}", methods=["DELETE"])
@endpoint(bp, auth=owner, body=StoreDeletion, returns=StoreRead, status=202)
def delete_store(call: ApiRequest[Account, StoreDeletion], store_id: str) -> StoreRead:
    """Delete a store: its subscription and calls end now, everything else 30 days later. Until then it can be undone."""
    return store_deletion.delete_store(call.principal, store_id, call.body, call.credentials.source_ip)


@bp.route("/v1/platform/stores/{store_id}/undelete", methods=["POST"])
@endpoint(bp, auth=owner_or_operator, returns=StoreRead)
def undelete_store(call: ApiRequest[Account], store_id: str) -> StoreRead:
    """Undo the deletion of a store within its grace period. Its subscription stays ended."""
    return store_deletion.undelete_store(call.principal, store_id, call.credentials.source_ip)
