"""Endpoints of operators, below `/v1/operator`, with one of our own tokens."""

from __future__ import annotations

from urllib.parse import urlencode

from chalice.app import Blueprint, Response

from chalicelib.kit import config, csv_lines
from chalicelib.kit.auth import Account, operator, support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.lazy_app import load_all
from chalicelib.kit.pagination import PageResult, paginate_in_order
from chalicelib.kit.schemas import Page, PageQuery, ShortListQuery
from chalicelib.shops.schemas.operator import (
    ActiveShopRead,
    ActiveShopsQuery,
    DeliveriesQuery,
    DeliveryRead,
    SessionRead,
    TableRead,
    TimelineDayRead,
    TimelineQuery,
)
from chalicelib.shops.service import operator as operator_service

bp = Blueprint(__name__)

ACTIVE_SHOPS = "/v1/operator/shops"


@bp.route(ACTIVE_SHOPS, methods=["GET"])
@endpoint(bp, auth=support, query=ActiveShopsQuery, returns=Page[ActiveShopRead])
def list_active_shops(call: ApiRequest[Account, None, ActiveShopsQuery]) -> PageResult[ActiveShopRead] | Response:
    """Return the shops with an app active, oldest installation first.

    With `format=csv` the page is text/csv and the `Link` header has the next page's URL (RFC 8288, `rel="next"`).
    """
    shops = operator_service.list_active_shops(call.query.app, call.page)
    return _as_csv(call, shops) if call.query.format == "csv" else shops


@bp.route("/v1/operator/shops/timeline", methods=["GET"])
@endpoint(bp, auth=support, query=TimelineQuery, returns=Page[TimelineDayRead])
def read_timeline(call: ApiRequest[Account, None, TimelineQuery]) -> PageResult[TimelineDayRead]:
    """Return the number of installs and uninstalls of an app for each day of a range, in UTC.

    Events are stored for two years.
    """
    query = call.query
    days = list(operator_service.iterate_timeline(query.app, query.first, query.last))
    return paginate_in_order(days, call.page, lambda row: row.day.isoformat())


@bp.route("/v1/operator/shops/{shop}/sessions", methods=["GET"])
@endpoint(bp, auth=support, query=PageQuery, returns=Page[SessionRead])
def list_sessions(call: ApiRequest[Account, None, PageQuery], shop: str) -> PageResult[SessionRead]:
    """Return a shop's unexpired sessions of all apps."""
    return operator_service.list_sessions(shop, call.page)


@bp.route("/v1/operator/tables", methods=["GET"])
@endpoint(bp, auth=support, query=ShortListQuery, returns=Page[TableRead])
def list_tables(call: ApiRequest[Account, None, ShortListQuery]) -> PageResult[TableRead]:
    """Return the size of every table."""
    load_all(bp.current_app)  # a table is known once its context is imported
    return operator_service.list_tables(call.page)


@bp.route("/v1/operator/deliveries", methods=["GET"])
@endpoint(bp, auth=support, query=DeliveriesQuery, returns=Page[DeliveryRead])
def list_deliveries(call: ApiRequest[Account, None, DeliveriesQuery]) -> PageResult[DeliveryRead]:
    """List a shop's webhook deliveries of the last 30 days, newest first, filtered by status and topic.

    With a filter, a page may hold fewer items than `limit`, or none: follow `next_cursor` until it is null.
    """
    return operator_service.list_deliveries(call.query, call.page)


@bp.route("/v1/operator/deliveries/{delivery_id}", methods=["GET"])
@endpoint(bp, auth=support, returns=DeliveryRead)
def read_delivery(call: ApiRequest[Account], delivery_id: str) -> DeliveryRead:
    """Return the status of a webhook delivery of the last 30 days."""
    return operator_service.read_delivery(delivery_id)


@bp.route("/v1/operator/deliveries/{delivery_id}/replay", methods=["POST"])
@endpoint(bp, auth=operator, returns=DeliveryRead)
def replay_delivery(call: ApiRequest[Account], delivery_id: str) -> DeliveryRead:
    """Publish a stored webhook delivery, as if Shopify repeated it; consumers deduplicate it."""
    return operator_service.replay_delivery(call.principal, delivery_id)


def _as_csv(call: ApiRequest[Account, None, ActiveShopsQuery], shops: PageResult[ActiveShopRead]) -> Response:
    lines = [csv_lines.line(ActiveShopRead.model_fields)]
    lines += [csv_lines.line(shop.model_dump(mode="json").values()) for shop in shops.items]
    headers: dict[str, str | list[str]] = {"Content-Type": csv_lines.MEDIA_TYPE}
    cursor = call.page.cursor(shops.last_key)
    if cursor:
        next_query = urlencode(call.query.model_dump() | {"cursor": cursor})
        headers["Link"] = f'<{config.settings().public_url}{ACTIVE_SHOPS}?{next_query}>; rel="next"'
    return Response("".join(lines), headers)
