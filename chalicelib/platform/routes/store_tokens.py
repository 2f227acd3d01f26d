"""`/v1/platform/stores/{store_id}/token`: access tokens of a store for its owner."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.auth import Account, owner
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.platform.schemas.store_tokens import StoreTokenRead
from chalicelib.platform.service import store_tokens

bp = Blueprint(__name__)


@bp.route("/v1/platform/stores/{store_id}/token", methods=["POST"])
@endpoint(bp, auth=owner, returns=StoreTokenRead)
def issue_store_token(call: ApiRequest[Account], store_id: str) -> StoreTokenRead:
    """Return an access token of the store for billing and the data API. It lasts 15 minutes."""
    return store_tokens.issue_token(call.principal, store_id)
