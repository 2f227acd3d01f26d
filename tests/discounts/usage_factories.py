"""Discounts with their names, messages about orders, and every figure that is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from chalicelib.discounts.domain.order_state import Refunds, Snapshot
from chalicelib.discounts.enums import NameKind, ValueType
from chalicelib.discounts.models import (
    APP,
    CustomerInsight,
    DailyDiscountStats,
    DailyDiscountUsage,
    Discount,
    DiscountName,
    DiscountUsage,
    InventoryImpact,
    OrderUsage,
    ProductPerformance,
)
from chalicelib.discounts.service import usage
from chalicelib.kit import clock
from chalicelib.kit.queue_records import ReceivedMessage
from chalicelib.shops.models import Shop
from chalicelib.shops.schemas.orders import (
    DiscountApplication,
    LineDiscount,
    OrderLine,
    OrderRefund,
    OrderUpdated,
    RefundCreated,
    RefundLine,
)
from tests.discounts.order_strategies import OURS, Life
from tests.discounts.recount import Figures, Recount

SHOP = "autumn.myshopify.com"
SINCE = datetime(2020, 1, 1, tzinfo=UTC)
Message = OrderUpdated | RefundCreated


@cache
def order_time() -> datetime:
    """Return the time of the tests' orders, the same in the whole process: 20:00 UTC, two days before the first call.

    Rows of these days are open, and the engine deletes none of them.
    """
    return (clock.now() - timedelta(days=2)).replace(hour=20, minute=0, second=0, microsecond=0)


def put_shop(shop: str = SHOP, **columns: Any) -> None:
    """Store an installed shop."""
    values = {"iana_timezone": "UTC", "currency": "USD", **columns}
    Shop(shop, APP, installed_at=SINCE, created_at=SINCE, updated_at=SINCE, **values).save()


def put_discounts(shop: str = SHOP) -> None:
    """Store our discounts, with their titles in force."""
    for title, (discount_id, value_type) in OURS.items():
        put_discount(shop, discount_id, title, value_type)


def put_discount(shop: str, discount_id: str, title: str, value_type: str = "percentage") -> None:
    """Store a discount and its title."""
    Discount(
        shop,
        discount_id,
        title=title,
        value_type=ValueType(value_type),
        value=Decimal(10),
        skus=[],
        combines_with={},
        had_node=True,
        created_at=SINCE,
        updated_at=SINCE,
    ).save()
    name = f"title:{title.casefold()}"
    DiscountName(shop, name, discount_id=discount_id, kind=NameKind.TITLE, since=SINCE).save()


def messages_of(life: Life, shop: str = SHOP) -> list[Message]:
    """Return the messages of an order's life."""
    updates: list[Message] = [order_message(life.order_id, each, shop) for each in life.snapshots]
    moment = life.snapshots[0].created_at
    return updates + [refund_message(life.order_id, each, moment, shop) for each in life.refunds]


def order_message(order_id: str, snapshot: Snapshot, shop: str = SHOP) -> OrderUpdated:
    """Return the message of a snapshot; its key is the seconds from the order's creation to its change."""
    titles = sorted({a.application.title or "" for line in snapshot.lines for a in line.allocations if a.application})
    index = {title: number for number, title in enumerate(titles)}
    guest = (snapshot.customer or "").startswith("guest:")
    changed_at = snapshot.created_at + timedelta(seconds=int(snapshot.key))
    return OrderUpdated(
        shop=shop,
        app=APP,
        order_id=order_id,
        order_number="1",
        customer_id=None if guest else snapshot.customer,
        guest=(snapshot.customer or "").removeprefix("guest:") if guest else None,
        total_price=Decimal(0),
        currency=snapshot.currency,
        lines=[
            OrderLine(
                line_item_id=each.line.line_id,
                variant_id=each.line.item if (each.line.item or "").startswith("gid:") else None,
                product_id=None,
                quantity=each.line.quantity,
                current_quantity=each.line.current_quantity,
                properties={},
                sku=None if (each.line.item or "").startswith("gid:") else each.line.item,
                title=each.line.title,
                price=each.line.price,
                gift_card=each.line.gift_card,
                discounts=[
                    LineDiscount(application=index[a.application.title or ""], amount=a.amount)
                    for a in each.allocations
                    if a.application
                ],
            )
            for each in snapshot.lines
        ],
        applications=[
            DiscountApplication(index=number, type="automatic", title=title) for title, number in index.items()
        ],
        refunds=[OrderRefund(refund_id=each, lines=_refund_lines(lines)) for each, lines in snapshot.refunds.items()],
        placed_at=snapshot.created_at,
        updated_at=changed_at,
        triggered_at=changed_at,
        cancelled_at=snapshot.cancelled_at,
        voided=snapshot.is_void,
    )


def refund_message(order_id: str, refund: Refunds, moment: datetime, shop: str = SHOP) -> RefundCreated:
    """Return the message of a refund."""
    [(refund_id, lines)] = refund.items()
    return RefundCreated(
        shop=shop,
        app=APP,
        order_id=order_id,
        refund_id=refund_id,
        lines=_refund_lines(lines),
        amount=Decimal(1),
        currency="USD",
        triggered_at=moment,
    )


def received(messages: Iterable[Message]) -> list[ReceivedMessage[Any]]:
    """Return the messages as a consumer gets them."""
    return [ReceivedMessage(str(number), message) for number, message in enumerate(messages)]


def record(messages: Iterable[Message]) -> list[Message]:
    """Count a batch of messages; return those that failed."""
    return [each.content for each in usage.record_usage(received(messages))]


def stored_figures(shop: str = SHOP) -> Recount:
    """Return every figure of the shop that is not zero, as a recount has them."""
    customers: Figures = {
        (row.customer_id,): {
            "used": row.total_discounts_used,
            "savings": row.total_savings,
            "orders": row.orders,
            "lifetime_value": row.lifetime_value,
        }
        for row in CustomerInsight.query(shop)
    }
    result = Recount(
        discounts={(r.discount_id, r.sku): _counters(r) for r in DiscountUsage.query(shop)},
        discount_days={
            (r.date.isoformat(), r.discount_id, r.sku): _counters(r) for r in _of_shop(DailyDiscountUsage, shop)
        },
        shop_days={(r.date.isoformat(),): _counters(r) for r in DailyDiscountStats.query(shop)},
        products={(r.sku,): _counters(r) for r in ProductPerformance.query(shop)},
        product_days={(r.sku, r.date.isoformat()): _counters(r) for r in _of_shop(InventoryImpact, shop)},
        customers=customers,
    )
    for name in vars(result):
        rows = {key: {k: v for k, v in row.items() if v} for key, row in getattr(result, name).items()}
        setattr(result, name, {key: row for key, row in rows.items() if row})
    return result


def stored_orders(shop: str = SHOP) -> list[OrderUsage]:
    """Return the rows of the shop's orders."""
    return list(OrderUsage.query(shop))


def _of_shop(table: type[Any], shop: str) -> Iterator[Any]:
    return (row for row in table.scan() if row.shop == shop)


def _counters(row: Any) -> dict[str, Any]:
    known = {"journal_seq", "starting_inventory", "ending_inventory"}
    return {
        name: value
        for name, value in row.attribute_values.items()
        if isinstance(value, int | Decimal) and name not in known
    }


def _refund_lines(lines: Any) -> list[RefundLine]:
    return [RefundLine(line_item_id=line, quantity=units, properties={}) for line, units in lines.items()]
