"""Messages about orders as snapshots and refunds."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.discounts.domain import shop_money
from chalicelib.discounts.domain.currency_keys import SEPARATOR
from chalicelib.discounts.domain.order_lines import Allocation, Application, Line, SnapshotLine
from chalicelib.discounts.domain.order_state import Refunds, Snapshot
from chalicelib.discounts.service import ab_marks
from chalicelib.kit import clock, config
from chalicelib.shops.schemas.orders import (
    DiscountApplication,
    OrderCancelled,
    OrderCreated,
    OrderEdited,
    OrderLine,
    OrderPaid,
    OrderUpdated,
    RefundCreated,
    RefundLine,
)

OrderMessage = OrderCreated | OrderPaid | OrderUpdated | OrderEdited | OrderCancelled
UsageMessage = OrderMessage | RefundCreated

MAX_ITEM_BYTES = 900
"""Bytes of a SKU in a key: DynamoDB's sort keys hold 1,024, and ids and dates are added."""
MAX_ID_BYTES = 255
"""Bytes of an id in a key; those of Shopify have about 40."""
MAX_UNITS = 10**9
_CURRENCY_LETTERS = 3


def to_snapshot(message: OrderMessage) -> Snapshot:
    """Return the order as the message has it.

    Raises ValueError or ArithmeticError if an amount is not money, or if an id or currency has not the length of one.
    """
    _require_key_parts(message.order_id, message.currency)
    applications = {each.index: each for each in message.applications}
    customer = message.customer_id or (f"guest:{message.guest}" if message.guest else None)
    _require_key_parts(customer)
    moments = (message.updated_at or message.triggered_at, message.triggered_at)
    return Snapshot(
        key="#".join([*map(clock.iso, moments), message.message_id]),
        created_at=message.placed_at or message.triggered_at,
        currency=message.currency,
        customer=customer,
        lines=tuple(_line(each, applications) for each in message.lines),
        is_void=message.voided or (message.test and config.settings().stage == "prod"),
        cancelled_at=message.cancelled_at,
        refunds={each.refund_id: _units(each.lines) for each in message.refunds},
        ab_mark=_ab_mark(message),
    )


def to_refunds(message: RefundCreated) -> Refunds:
    """Return the message's refund. Raises ValueError if the order's id or currency has not the length of one."""
    _require_key_parts(message.order_id, message.currency)
    return {message.refund_id: _units(message.lines)}


def _require_key_parts(order_or_customer: str | None, currency: str | None = None) -> None:
    """Raise ValueError for a part that is too long for a key: one such key would fail the journal of the shop."""
    if len((order_or_customer or "").encode()) > MAX_ID_BYTES:
        raise ValueError("not an id")
    if currency is not None and len(currency.encode()) != _CURRENCY_LETTERS:
        raise ValueError("not a currency")


def _ab_mark(message: OrderMessage) -> str | None:
    """Return the order's mark of an A/B test; None without a genuine one."""
    text = message.attributes.get(ab_marks.ATTRIBUTE)
    mark = ab_marks.read_mark(message.shop, text) if text else None
    return mark.text if mark else None


def _units(lines: Iterable[RefundLine]) -> dict[str, int]:
    units: dict[str, int] = {}
    for line in lines:
        units[line.line_item_id] = units.get(line.line_item_id, 0) + max(0, line.quantity)
    return units


def _line(line: OrderLine, applications: dict[int, DiscountApplication]) -> SnapshotLine:
    if not 0 <= line.quantity <= MAX_UNITS:
        raise ValueError("not a quantity")
    _require_key_parts(line.variant_id)
    is_named = line.sku and len(line.sku.encode()) <= MAX_ITEM_BYTES and SEPARATOR not in line.sku
    state = Line(
        line_id=line.line_item_id,
        item=line.sku if is_named else line.variant_id,
        quantity=line.quantity,
        current_quantity=line.current_quantity,
        price=shop_money.require_amount(line.price or shop_money.NOTHING),
        gift_card=line.gift_card,
        variant_id=line.variant_id,
        title=line.title,
    )
    return SnapshotLine(
        state,
        tuple(
            Allocation(_application(applications.get(each.application)), shop_money.require_amount(each.amount))
            for each in line.discounts
        ),
    )


def _application(application: DiscountApplication | None) -> Application | None:
    """Return the application; None for a manual or script discount, which is never ours."""
    if application is None or application.type not in ("automatic", "discount_code"):
        return None
    return Application(application.title, application.code)
