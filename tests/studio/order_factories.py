"""Order payloads as the messages that other contexts receive."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import clock
from chalicelib.shops.schemas.orders import OrderCancelled, OrderPaid
from chalicelib.shops.service.webhook_payloads import DeliveryInfo, build_message


def order_paid(shop: str, order: dict[str, Any]) -> OrderPaid:
    return OrderPaid.model_validate(_message(shop, "orders/paid", order))


def order_cancelled(shop: str, order: dict[str, Any]) -> OrderCancelled:
    return OrderCancelled.model_validate(_message(shop, "orders/cancelled", order))


def _message(shop: str, topic: str, order: dict[str, Any]) -> dict[str, Any]:
    message = build_message(DeliveryInfo(shop, "studio", topic, f"{topic}-{order['id']}", clock.now()), order)
    assert message is not None
    return message.model_dump()
