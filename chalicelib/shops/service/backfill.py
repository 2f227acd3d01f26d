"""Backfill after downtime: fetches what changed in a shop, page by page, and publishes what its webhooks would have.

Some events may have been published before. A message therefore holds the present state of an order, refund or product,
and consumers are idempotent. Deleted products cannot be found any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from chalicelib.integrations.shopify.errors import AccessDenied, ShopUnavailable
from chalicelib.kit import clock, logs
from chalicelib.kit.messages import Message, publish
from chalicelib.shops import apps
from chalicelib.shops.errors import InstallationNotFound
from chalicelib.shops.metrics import EVENTS_BACKFILLED
from chalicelib.shops.repository import availability
from chalicelib.shops.schemas.messages import BackfillRequested
from chalicelib.shops.schemas.orders import (
    OrderCancelled,
    OrderCreated,
    OrderEdited,
    OrderPaid,
    OrderUpdated,
    ProductUpdated,
    RefundCreated,
)
from chalicelib.shops.service.admin import AdminApi, open_admin_api
from chalicelib.shops.service.order_queries import FetchedOrder, fetch_order, list_changed_orders
from chalicelib.shops.service.product_queries import list_changed_products

log = logs.logger("shops")


def backfill_events(request: BackfillRequested) -> None:
    """Fetch one page of changes, publish their messages, and request the next page.

    Does nothing if the app is not installed any more or may not read these objects. If the shop is unavailable, the start
    is stored, and the registration that takes the shop up begins its backfill there. Raises ShopifyThrottled,
    ShopifyUnavailable, ShopUnavailable if the shop was taken up concurrently.
    """
    backfill_page = _backfill_orders if request.kind == "orders" else _backfill_products
    context = {"shop": request.shop, "app": request.app}
    try:
        count, cursor = backfill_page(open_admin_api(request.shop, request.app), request)
    except InstallationNotFound:
        log.info("events not backfilled: the app is not installed", extra=context)
        return
    except AccessDenied as error:
        log.warning("events not backfilled: access denied", extra={**context, "kind": request.kind, "why": str(error)})
        return
    except ShopUnavailable as error:
        if not availability.note_missed(request.shop, request.app, request.since):
            raise
        log.info("events not backfilled: the shop is unavailable", extra={**context, "why": str(error)})
        return
    log.info("events backfilled", extra={**context, "kind": request.kind, "count": count})
    EVENTS_BACKFILLED.count(count, kind=request.kind)
    if cursor:
        publish(request.model_copy(update={"after": cursor, "attempt": 1}))


def _backfill_orders(admin: AdminApi, request: BackfillRequested) -> tuple[int, str | None]:
    """Publish one page of changed orders. Returns the number of messages and the cursor of the next page."""
    order_ids, cursor = list_changed_orders(admin, request.since, request.after)
    topics = apps.get_app(request.app).topics
    count = 0
    for order_id in order_ids:
        order = fetch_order(admin, order_id)
        for topic, message in _order_messages(request.shop, request.app, order, request.since) if order else ():
            if topic in topics:
                publish(message)
                count += 1
    return count, cursor


def _order_messages(shop: str, app: str, order: FetchedOrder, since: datetime) -> Iterator[tuple[str, Message]]:
    """Yield (webhook topic, message) for what happened to an order; leaves out what is certainly older than `since`.

    Edits, refunds and cancellations come before the payment, so that nothing is produced for lines that are gone.
    """

    def fields(topic: str, moment: datetime, subject: str = order.fields["order_id"]) -> dict[str, object]:
        # Stored message ids of earlier versions begin with `reimport`: the prefix must not change.
        message_id = f"reimport/{topic}/{app}/{shop}/{subject}/{clock.iso(moment)}"
        return {"message_id": message_id, "shop": shop, "app": app, "triggered_at": moment}

    updated_at = order.updated_at
    if order.created_at >= since:
        yield "orders/create", OrderCreated(**fields("orders/create", order.created_at), **order.fields)
    if order.is_edited:
        yield "orders/edited", OrderEdited(**fields("orders/edited", updated_at), **order.fields)
    for refund in order.refunds:
        if refund.created_at >= since:
            refund_fields = fields("refunds/create", refund.created_at, refund.fields["refund_id"])
            yield "refunds/create", RefundCreated(**refund_fields, **refund.fields)
    if order.cancelled_at:
        cancel_fields = fields("orders/cancelled", order.cancelled_at)
        yield "orders/cancelled", OrderCancelled(**cancel_fields, **order.fields)
    if order.fields["is_paid"]:
        yield "orders/paid", OrderPaid(**fields("orders/paid", updated_at), **order.fields)
    yield "orders/updated", OrderUpdated(**fields("orders/updated", updated_at), **order.fields)


def _backfill_products(admin: AdminApi, request: BackfillRequested) -> tuple[int, str | None]:
    """Publish one page of changed products. Returns the number of messages and the cursor of the next page."""
    products, cursor = list_changed_products(admin, request.since, request.after)
    for product in products:
        prefix = f"reimport/products/update/{request.app}/{request.shop}/{product.fields['product_id']}"
        publish(
            ProductUpdated(
                message_id=f"{prefix}/{clock.iso(product.updated_at)}",
                shop=request.shop,
                app=request.app,
                triggered_at=product.updated_at,
                **product.fields,
            )
        )
    return len(products), cursor
