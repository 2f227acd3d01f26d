"""`/v1/discounts/stores`: the group of stores whose totals a dashboard shows."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.discounts.schemas.store_groups import StoreGroupAction, StoreGroupQuery, StoreGroupRead
from chalicelib.discounts.service import store_groups
from chalicelib.discounts.service.auth import Merchant, merchant
from chalicelib.kit.http import ApiRequest, endpoint

bp = Blueprint(__name__)


@bp.route("/v1/discounts/stores", methods=["GET"])
@endpoint(bp, auth=merchant, query=StoreGroupQuery, returns=StoreGroupRead)
def read_group(call: ApiRequest[Merchant, None, StoreGroupQuery]) -> StoreGroupRead:
    """Return the stores of the group; with `code`, also the store that invites."""
    return store_groups.read_group(call.principal.shop, call.query.code)


@bp.route("/v1/discounts/stores", methods=["POST"])
@endpoint(bp, auth=merchant, body=StoreGroupAction, returns=StoreGroupRead, idempotent="joined")
def change_group(call: ApiRequest[Merchant, StoreGroupAction]) -> StoreGroupRead:
    """Change the group: invite a store, join by a code, or leave. A code works once, within 15 minutes.

    A repeat of `invite` with the same Idempotency-Key is answered without the code.
    """
    return store_groups.change_group(call.principal.shop, call.body, call.idempotency)
