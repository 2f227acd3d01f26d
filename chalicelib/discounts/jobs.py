"""Queue consumers and schedules of discounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalice.app import Blueprint

from chalicelib.discounts.schemas.usage import UsageRecountRequested
from chalicelib.discounts.service import recounts, usage
from chalicelib.kit.jobs import consumes_many
from chalicelib.kit.queue_records import ReceivedMessage
from chalicelib.shops.schemas.orders import (
    OrderCancelled,
    OrderCreated,
    OrderEdited,
    OrderPaid,
    OrderUpdated,
    RefundCreated,
)

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="discounts-record_usage", batch_size=1_000, name="discounts-record_usage")
@consumes_many(
    *(OrderCreated, OrderPaid, OrderUpdated, OrderEdited, OrderCancelled, RefundCreated, UsageRecountRequested),
    layer="duckdb",
    batching_window=20,
    maximum_concurrency=10,
)
def record_usage(
    batch: Sequence[
        ReceivedMessage[
            OrderCreated
            | OrderPaid
            | OrderUpdated
            | OrderEdited
            | OrderCancelled
            | RefundCreated
            | UsageRecountRequested
        ]
    ],
) -> list[ReceivedMessage[Any]]:
    """Count what discounts did to orders, then recount the shops for which that is requested."""
    orders, requests = recounts.separate(batch)
    return usage.record_usage(orders) + recounts.recount_shops(requests)
