"""Queue consumers and schedules of discounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalice.app import Blueprint

from chalicelib.discounts.schemas.competitors import CompetitorCheckDue
from chalicelib.discounts.schemas.figure_exports import FigureExportRequested
from chalicelib.discounts.schemas.publication import DiscountChanged, ShopDayEnded
from chalicelib.discounts.schemas.usage import UsageRecountRequested
from chalicelib.discounts.service import (
    competitor_checks,
    day_closes,
    due_shops,
    figure_exports,
    installations,
    publication,
    recounts,
    usage,
)
from chalicelib.kit.jobs import ScheduledRun, consumes, consumes_many, scheduled
from chalicelib.kit.queue_records import ReceivedMessage
from chalicelib.shops.schemas.messages import ShopInstalled, ShopUninstalled
from chalicelib.shops.schemas.orders import (
    OrderCancelled,
    OrderCreated,
    OrderEdited,
    OrderPaid,
    OrderUpdated,
    RefundCreated,
)
from chalicelib.shops.service import run_or_postpone

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="discounts-publish_discount", batch_size=1, name="discounts-publish_discount")
@consumes(DiscountChanged)
def publish_discount(message: DiscountChanged) -> None:
    """Publish the newest version of a discount to Shopify."""
    run_or_postpone(publication.publish_discount, message)


@bp.on_sqs_message(queue="discounts-apply_install", batch_size=5, name="discounts-apply_install")
@consumes(ShopInstalled, ShopUninstalled)
def apply_install(message: ShopInstalled | ShopUninstalled) -> None:
    """Publish a shop's discounts after an installation; stop closing its days after an uninstall."""
    installations.apply_installation(message)


@bp.schedule("rate(1 hour)", name="discounts-start_due_work")
@scheduled("discounts-start_due_work", lease_seconds=300)
def start_due_work(run: ScheduledRun) -> None:
    """Send the shops whose local day has ended to `discounts-close_day`."""
    due_shops.send_due_shops(run.due, run.last_completed)


@bp.on_sqs_message(queue="discounts-close_day", batch_size=1, name="discounts-close_day")
@consumes(ShopDayEnded)
def close_day(message: ShopDayEnded) -> None:
    """Run each of the steps of `service/day_closes.py` for a shop."""
    run_or_postpone(day_closes.close_shop_day, message)


@bp.on_sqs_message(queue="discounts-check_competitor", batch_size=1, name="discounts-check_competitor")
@consumes(CompetitorCheckDue)
def check_competitor(message: CompetitorCheckDue) -> None:
    """Read the price on a competitor's page."""
    competitor_checks.check_competitor(message)


@bp.on_sqs_message(queue="discounts-record_usage", batch_size=1_000, name="discounts-record_usage")
@consumes_many(
    *(OrderCreated, OrderPaid, OrderUpdated, OrderEdited, OrderCancelled, RefundCreated, UsageRecountRequested),
    layer="duckdb",
    batching_window=20,
    maximum_concurrency=10,  # a sale brings orders of many shops; a batch rewrites the journals of its shops
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
    """Count the usage of discounts by orders, then run the requested recounts of shops."""
    orders, requests = recounts.separate(batch)
    return usage.record_usage(orders) + recounts.recount_shops(requests)


@bp.on_sqs_message(queue="discounts-write_export", batch_size=1, name="discounts-write_export")
@consumes(FigureExportRequested)
def write_export(message: FigureExportRequested) -> None:
    """Write the CSV file of an export of figures."""
    figure_exports.write_export(message)
