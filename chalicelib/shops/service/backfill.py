"""After downtime: what happened in a shop meanwhile is fetched, page by page, and told as its webhooks would have.

Some of it may have been told before, so a message here says how an order, refund or product reads now, and consumers
know what they did. Deleted products cannot be found any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from chalicelib.kit import clock, logs, metrics
from chalicelib.kit.messages import Message, publish
from chalicelib.shops import apps
from chalicelib.shops.errors import ShopNotInstalled
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
from chalicelib.shops.service.admin import Admin, admin
from chalicelib.shops.service.admin_queries import FetchedOrder, changed_orders, changed_products, fetch_order

log = logs.logger("shops")


def backfill_events(request: BackfillRequested) -> None:
    """Fetch one page of what changed, tell of it, and ask for the next page. A shop that has left is left alone."""
    read = _orders if request.kind == "orders" else _products
    try:
        count, after = read(admin(request.shop, request.app), request)
    except ShopNotInstalled:
        log.info("not fetched: the app is not installed any more", extra={"shop": request.shop, "app": request.app})
        return
    log.info("fetched anew", extra={"shop": request.shop, "app": request.app, "kind": request.kind, "count": count})
    metrics.count("FactsReimported", count, kind=request.kind)
    if after:
        publish(request.model_copy(update={"after": after, "attempt": 1}))


def _orders(admin: Admin, request: BackfillRequested) -> tuple[int, str | None]:
    ids, after = changed_orders(admin, request.since, request.after)
    count = 0
    for order_id in ids:
        order = fetch_order(admin, order_id)
        for topic, message in _told(request.shop, request.app, order, request.since) if order else ():
            if topic in apps.get(request.app).topics:
                publish(message)
                count += 1
    return count, after


def _told(shop: str, app: str, order: FetchedOrder, since: datetime) -> Iterator[tuple[str, Message]]:
    """What happened to an order; what is certainly from before `since` is left out.

    That lines were taken out, paid back or cancelled is told before the payment, so that nothing is made for them.
    """

    def of(topic: str, moment: datetime, subject: str = order.fields["order_id"]) -> dict[str, object]:
        heading = {"shop": shop, "app": app, "triggered_at": moment}
        return {"message_id": f"reimport/{topic}/{app}/{shop}/{subject}/{clock.iso(moment)}", **heading}

    changed = order.updated_at
    if order.created_at >= since:
        yield "orders/create", OrderCreated(**of("orders/create", order.created_at), **order.fields)
    if order.is_edited:
        yield "orders/edited", OrderEdited(**of("orders/edited", changed), **order.fields)
    for refund in order.refunds:
        if refund.created_at >= since:
            facts = of("refunds/create", refund.created_at, refund.fields["refund_id"])
            yield "refunds/create", RefundCreated(**facts, **refund.fields)
    if order.cancelled_at:
        facts = of("orders/cancelled", order.cancelled_at)
        yield "orders/cancelled", OrderCancelled(**facts, **order.fields, cancelled_at=order.cancelled_at)
    if order.fields["is_paid"]:
        yield "orders/paid", OrderPaid(**of("orders/paid", changed), **order.fields)
    yield "orders/updated", OrderUpdated(**of("orders/updated", changed), **order.fields)


def _products(admin: Admin, request: BackfillRequested) -> tuple[int, str | None]:
    products, after = changed_products(admin, request.since, request.after)
    for product in products:
        identity = f"reimport/products/update/{request.app}/{request.shop}/{product.fields['product_id']}"
        moment = product.updated_at
        publish(
            ProductUpdated(
                message_id=f"{identity}/{clock.iso(moment)}",
                shop=request.shop,
                app=request.app,
                triggered_at=moment,
                **product.fields,
            )
        )
    return len(products), after
