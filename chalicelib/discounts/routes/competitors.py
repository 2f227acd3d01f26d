"""`/v1/discounts/competitors…`: competitors' pages whose prices the merchant watches."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.discounts.schemas.competitors import (
    CompetitorCreate,
    CompetitorDetailRead,
    CompetitorRead,
    CompetitorsRead,
)
from chalicelib.discounts.service import competitors
from chalicelib.discounts.service.auth import Merchant, merchant
from chalicelib.kit.http import ApiRequest, endpoint

bp = Blueprint(__name__)


@bp.route("/v1/discounts/competitors", methods=["GET"])
@endpoint(bp, auth=merchant, returns=CompetitorsRead)
def list_watches(call: ApiRequest[Merchant]) -> CompetitorsRead:
    """List the watched pages with their last prices."""
    return competitors.list_watches(call.principal)


@bp.route("/v1/discounts/competitors", methods=["POST"])
@endpoint(bp, auth=merchant, body=CompetitorCreate, returns=CompetitorRead, status=201, idempotent="joined")
def add_watch(call: ApiRequest[Merchant, CompetitorCreate]) -> CompetitorRead:
    """Add a competitor's page: its offer price is read now and then daily, as its robots.txt allows."""
    return competitors.add_watch(call.principal, call.body, call.idempotency)


@bp.route("/v1/discounts/competitors/{watch_id}", methods=["GET"])
@endpoint(bp, auth=merchant, returns=CompetitorDetailRead)
def get_watch(call: ApiRequest[Merchant], watch_id: str) -> CompetitorDetailRead:
    """Return a watched page with its last prices."""
    return competitors.get_watch(call.principal, watch_id)


@bp.route("/v1/discounts/competitors/{watch_id}", methods=["DELETE"])
@endpoint(bp, auth=merchant, status=204)
def remove_watch(call: ApiRequest[Merchant], watch_id: str) -> None:
    """Remove a watched page."""
    competitors.remove_watch(call.principal.shop, watch_id)
