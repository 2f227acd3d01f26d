"""Queue consumers and schedules of discounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalice.app import Blueprint

from chalicelib.discounts.schemas.competitors import CompetitorCheckDue
from chalicelib.discounts.service import competitor_checks, usage
from chalicelib.kit.jobs import consumes, consumes_many
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


@bp.on_sqs_message(queue="discounts-check_competitor", batch_size=1, name="discounts-check_competitor")
@consumes(CompetitorCheckDue, maximum_concurrency=2)
def check_competitor(message: CompetitorCheckDue) -> None:
    """Read the price on a competitor's page."""
    competitor_checks.check_competitor(message)


@bp.on_sqs_message(queue="discounts-record_usage", batch_size=1_000, name="discounts-record_usage")
@consumes_many(
    *(OrderCreated, OrderPaid, OrderUpdated, OrderEdited, OrderCancelled, RefundCreated),
    batching_window=20,
    maximum_concurrency=10,
)
def record_usage(batch: Sequence[ReceivedMessage[Any]]) -> list[ReceivedMessage[Any]]:
    """Count what discounts did to orders."""
    return usage.record_usage(batch)
