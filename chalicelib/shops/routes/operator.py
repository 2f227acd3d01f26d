"""`/v1/operator/…`: what operators see of the shops and do to them, with a token of our own."""

from __future__ import annotations

from urllib.parse import urlencode

from chalice.app import Blueprint, Response

from chalicelib.kit import config, csv_lines
from chalicelib.kit.auth import Account, operator
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.lazy_app import load_all
from chalicelib.kit.pages import Slice
from chalicelib.kit.schemas import Page, PageQuery
from chalicelib.shops.schemas.operator import (
    ActiveShopRead,
    ActiveShopsQuery,
    DeliveryRead,
    SessionRead,
    TableRead,
    TimelineDayRead,
    TimelineQuery,
)
from chalicelib.shops.service import operating

bp = Blueprint(__name__)

ACTIVE_SHOPS = "/v1/operator/shops"


@bp.route(ACTIVE_SHOPS, methods=["GET"])
@endpoint(bp, auth=operator, query=ActiveShopsQuery, returns=Page[ActiveShopRead])
def list_active_shops(call: Call[Account, None, ActiveShopsQuery]) -> Slice[ActiveShopRead] | Response:
    """The shops that have an app, oldest installation first.

    With `format=csv` the page is text/csv and the next one stands in the `Link` header (RFC 8288, `rel="next"`).
    """
    shops = operating.list_active_shops(call.query.app, call.page)
    return _as_csv(call, shops) if call.query.format == "csv" else shops


@bp.route("/v1/operator/shops/timeline", methods=["GET"])
@endpoint(bp, auth=operator, query=TimelineQuery, returns=Page[TimelineDayRead])
def read_timeline(call: Call[Account, None, TimelineQuery]) -> Slice[TimelineDayRead]:
    """How often an app was installed and uninstalled on each day of a range, in UTC; all days on one page.

    Events are kept for two years.
    """
    query = call.query
    return Slice(list(operating.iterate_timeline(query.app, query.first, query.last)))


@bp.route("/v1/operator/shops/{shop}/sessions", methods=["GET"])
@endpoint(bp, auth=operator, query=PageQuery, returns=Page[SessionRead])
def list_sessions(call: Call[Account, None, PageQuery], shop: str) -> Slice[SessionRead]:
    """The sessions of a shop that are not over, of all apps."""
    return operating.list_sessions(shop, call.page)


@bp.route("/v1/operator/tables", methods=["GET"])
@endpoint(bp, auth=operator, returns=Page[TableRead])
def list_tables(call: Call[Account]) -> Slice[TableRead]:
    """The size of every table; all on one page."""
    load_all(bp.current_app)  # a table is known once its context is imported
    return Slice(list(operating.iterate_tables()))


@bp.route("/v1/operator/deliveries/{delivery_id}", methods=["GET"])
@endpoint(bp, auth=operator, returns=DeliveryRead)
def read_delivery(call: Call[Account], delivery_id: str) -> DeliveryRead:
    """What became of a webhook delivery of the last 30 days."""
    return operating.read_delivery(delivery_id)


@bp.route("/v1/operator/deliveries/{delivery_id}/replay", methods=["POST"])
@endpoint(bp, auth=operator, returns=DeliveryRead)
def replay_delivery(call: Call[Account], delivery_id: str) -> DeliveryRead:
    """Hand a recorded delivery on once more, as if Shopify repeated it; what was done before is not done twice."""
    return operating.replay_delivery(call.principal, delivery_id)


def _as_csv(call: Call[Account, None, ActiveShopsQuery], shops: Slice[ActiveShopRead]) -> Response:
    lines = [csv_lines.line(ActiveShopRead.model_fields)]
    lines += [csv_lines.line(shop.model_dump(mode="json").values()) for shop in shops.items]
    headers: dict[str, str | list[str]] = {"Content-Type": csv_lines.MEDIA_TYPE}
    cursor = call.page.cursor(shops.last_key)
    if cursor:
        following = urlencode(call.query.model_dump() | {"cursor": cursor})
        headers["Link"] = f'<{config.settings().public_url}{ACTIVE_SHOPS}?{following}>; rel="next"'
    return Response("".join(lines), headers)
