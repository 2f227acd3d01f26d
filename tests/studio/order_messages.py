"""An order's payload as the messages that other contexts hear."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import clock
from chalicelib.shops.schemas.orders import OrderCancelled, OrderPaid
from chalicelib.shops.service.webhook_payloads import DeliveryInfo, build_message


def paid_of(shop: str, order: dict[str, Any]) -> OrderPaid:
    return OrderPaid.model_validate(_told(shop, "orders/paid", order))


def cancelled_of(shop: str, order: dict[str, Any]) -> OrderCancelled:
    return OrderCancelled.model_validate(_told(shop, "orders/cancelled", order))


def _told(shop: str, topic: str, order: dict[str, Any]) -> dict[str, Any]:
    message = build_message(DeliveryInfo(shop, "studio", topic, f"{topic}-{order['id']}", clock.now()), order)
    assert message is not None
    return message.model_dump()
